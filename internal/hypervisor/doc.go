// Package hypervisor is the port to a Proxmox VE cluster: what the steps of internal/vm ask for, in their own terms. It holds
// no code but types; internal/proxmox implements it.
package hypervisor
