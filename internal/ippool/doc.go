// Package ippool is the arithmetic of address pools: ranges, gaps, gateways and the legacy list.
// It is pure and never enumerates a range; internal/store decides by a unique key who gets an address.
package ippool
