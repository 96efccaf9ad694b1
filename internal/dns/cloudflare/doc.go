// Package cloudflare keeps records in zones at Cloudflare (API v4) and implements dns.Provider.
//
// It writes only into a zone whose name it has compared, never through the CDN, by ids that it has just read, several
// records in one batch. A write whose answer is lost is looked for before it is repeated. Calls of one token share a pace and
// writes of one zone a turn, in an Accounts that all zones of the process are given.
//
// It refuses to know what is ours: dns.Change says that. A comment decides only whether a proxied record may be made direct.
package cloudflare
