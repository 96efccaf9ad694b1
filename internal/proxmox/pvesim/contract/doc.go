// Package contract holds the parameter contract of the Proxmox VE API: which
// endpoints exist in release 7.4, 8.4 and 9.2, who may call them, what each
// parameter may look like, and the exact text of every refusal.
//
// It owns tables and pure functions only. It refuses to know any state: whether
// a VM, a storage or a pool exists is decided by its only caller, the simulator
// in internal/proxmox/pvesim, after [Perm.Check] and [Endpoint.Validate] passed.
//
// The facts are those of the published API schema of each release; the test
// TestTables_matchPublishedContract compares every row with it.
package contract
