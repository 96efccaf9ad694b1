// Package providers makes the provider of a configured zone. It holds what the zones of one process share: the limits of
// Cloudflare's tokens and the turns at HestiaCP's and PowerDNS's servers.
package providers
