// Package zonebook keeps the configured DNS zones: the table puq_proxmox_kvm_dns_zones, whose names are the reference product's.
// Secrets are sealed in it, bound to their row; those that the reference product left in plain are read as they are and
// sealed when the zone is saved. It checks nothing (internal/dns/zones does). internal/app gives it to the keeper.
package zonebook
