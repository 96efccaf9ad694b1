// Package hardware reads and writes the lines of a guest's configuration that name its disks and its NIC: property strings,
// drives, which of them the guest boots from. It is pure; a configuration is a map of keys to text as Proxmox stores it.
package hardware
