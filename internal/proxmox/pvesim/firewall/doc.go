// Package firewall is the firewall configuration of one guest or of the datacentre: options, sets of
// addresses, aliases and rules, with the checks and texts of Proxmox VE (pve-behaviour §19, §24.7). It
// filters nothing and knows no guest; the simulator keeps one configuration per VMID, guest or not.
package firewall
