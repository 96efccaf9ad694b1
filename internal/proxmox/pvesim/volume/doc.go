// Package volume is the simulated cluster's storage: which storages exist where, the volumes on
// them, their names, formats, base images and room. The rules are those of Proxmox VE's storage
// plugins (pve-behaviour §7, §10, §16). It knows guests only as the numbers that own volumes.
// Handlers of guests and of storages change it.
package volume
