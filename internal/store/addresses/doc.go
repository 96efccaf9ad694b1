// Package addresses says which service holds which address: the table kvmbridge_ip_allocations and what WHMCS shows of it.
//
// The unique key over (server, bridge, VLAN, address) decides who gets an address; everything else here only makes that
// quick: short-lived lists of free addresses keep the workers of one process apart, and calls that arrive together share
// a transaction. It owns no arithmetic (ippool) and no connection. Its caller is internal/store, which is its home.
package addresses
