// Package pools lists and changes address pools (the table puq_proxmox_kvm_ip_pools, whose names are the reference
// product's) and tells who holds their addresses. What counts as taken is what internal/store/addresses hands out to nobody.
// Every change is one transaction with its entry for WHMCS's activity log; changes of pools wait for each other, and for
// the allocations that are under way. What a person typed is judged by internal/ippool. internal/app gives it to the pages.
package pools
