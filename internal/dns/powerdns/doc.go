// Package powerdns keeps a zone at a PowerDNS Authoritative Server through its API (dns-providers §1). A set is read, merged
// and written while no other zone of this process writes at the same server: the server merges nothing, and several
// writers at once fail.
package powerdns
