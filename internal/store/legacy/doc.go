// Package legacy takes over what the reference product and its older extension left in WHMCS's database: address pools and DNS
// zones out of the extension's tables, whatever their columns are called, and the records of VMs that have no row of ours
// yet. All of it is one transaction; a preview is the same transaction, rolled back.
//
// It refuses to guess: what contradicts something else, or cannot be understood, stays where it is and is reported with
// the reason. No guest is touched and nothing begins by itself. internal/app calls it, when the addon is activated and
// for "kvmbridge import".
package legacy
