// Package machine is the configuration of one simulated guest: its keys, how values are printed, disks
// and network cards as property strings, the boot order, which changes a running guest takes at once,
// and which privilege each key asks for (pve-behaviour §5, §7, §8, §9, §21.2). It is text arithmetic:
// no storage, no time, no cluster.
package machine
