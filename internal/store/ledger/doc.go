// Package ledger keeps the DNS values that are ours, and those that are on their way: the table kvmbridge_dns_records. What a
// service should have is written down here first (Intend) and carried out afterwards, by whichever process has the turn at
// the zone's server; so nothing is forgotten when a process or a provider dies. It decides nothing (internal/dns does) and
// calls nobody. internal/app gives it to the keeper.
package ledger
