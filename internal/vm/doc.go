// Package vm is one machine: its record, its statuses, the tables of steps that carry it and the steps themselves.
//
// It owns what happens to a guest and in which order. It declares what it needs from the outside (hypervisor.Cluster, Catalogue,
// Addresses, Numbers, Registry) and knows no SQL, no HTTP and no driver. internal/pipeline runs its tables;
// bridge calls its Desk; internal/app joins them.
package vm
