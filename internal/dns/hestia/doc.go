// Package hestia keeps zones at HestiaCP panels: it implements dns.Provider. Facts about the panel are in dns-providers.md §3.
//
// A panel runs a shell script per call, slowly, without locks, and goes on when its client has left. So there is one call at a
// time per server (Servers), every write follows a list of the zone, and a write whose outcome is unknown is looked up in a new
// list and never simply repeated. Calls of other processes have to be kept away by the caller.
package hestia
