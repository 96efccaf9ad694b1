// Package keeper keeps DNS right. Sync writes down in the ledger what the records of a service have to become, and waits a
// moment; Run carries out what is due, zone by zone, and tries again what failed until it is done or no longer wanted. So no
// order ever waits for a provider, and none is forgotten.
//
// One process at a time works for one account or server (Book.Turn): HestiaCP and PowerDNS bear one writer only.
package keeper
