// Package traffic turns the counters of guests into billable bytes: what two readings of a guest prove, what they leave
// open and how Proxmox's averages fill that, by the hour and by the billing period; and when an allowance is near or used
// up. It is pure: it reads no cluster, no database and no clock.
//
// Counters are the truth. They begin anew with every process of a guest, so each start, migration and change of a network
// card ends one count and begins another; a process younger than the last reading tells which it was. What happened between
// the last reading and the end of the old count is on no counter any more: only there averages are used, and their bytes are
// kept apart as estimated. What nobody knows is left out: no reading makes no hour, and never one of 0.
//
// internal/traffic/collect reads the clusters and asks this package; internal/store/traffic keeps what comes out.
package traffic
