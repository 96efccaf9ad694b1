// Package store keeps kvmbridge's own tables inside of WHMCS's database and is the only writer of them.
//
// It implements what the domain declares: pipeline.Store for machines, vm.Registry, vm.Addresses and vm.Numbers, and
// adds settings, server credentials and the questions of the status page; the addresses, the outbox and the questions over
// all machines are packages below, which a DB embeds. The SQL of leases is in lease.go, what people want of a machine in
// work.go and queue.go: it goes through the machine's row in kvmbridge_vm first, as every write of a lease does.
//
// It refuses: deciding what a machine should be (spec, vm), reading WHMCS beyond the addresses that live services name
// (whmcs), and time of its own: every moment is a parameter or comes from the given clock, never from the database.
// Of WHMCS's tables it writes tblhosting.domain, username, dedicatedip and assignedips, nothing else; Grants lists it all.
//
// Any number of processes may share the database. Two rules make that safe without locks by name: a lease is one
// UPDATE that only one process can win, and each later write of the lease carries its token and the status it expects;
// an address or VM id belongs to whoever inserts its row. SQL is what MySQL 5.7, 8.0 and MariaDB 10.3 share.
package store
