// Package zonedesk takes what people want of DNS zones: it lists, adds, edits, deletes and tests them, and shows and retries the
// records that are not right yet. It owns the rules that the command line and the addon's page share: what would stay behind is
// asked about first, a zone that somebody else changed meanwhile is not overwritten, and every change stands in WHMCS's activity
// log with its author. It answers with typed values and refusals and prints nothing. The records themselves are
// internal/dns/keeper's.
package zonedesk
