// Package records puts the parts of DNS together: zones and ledger over one database, the keeper, and the commands of "kvmbridge
// dns" and of the zone pages. It decides nothing: internal/dns plans, internal/dns/zones checks what was typed.
package records
