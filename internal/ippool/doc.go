// Package ippool is the arithmetic of address pools: ranges, gaps, gateways, the legacy list and reverse-zone names.
// It is pure and never enumerates a range; internal/store decides by a unique key who gets an address.
package ippool
