// Package dns knows names and decides; it asks nobody. It holds the arithmetic of reverse names, tells which zones a name
// belongs to, and works out from what a guest should have and what the ledger says is ours what has to be written and
// removed. Its sub-packages powerdns, cloudflare and hestia implement Provider; keeper carries plans out.
package dns
