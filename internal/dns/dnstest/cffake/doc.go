// Package cffake is Cloudflare's API v4 for zones and DNS records, small enough for a test: an http.Handler with zones,
// tokens and records that refuses what the real one refuses, in the same order and with the same codes, completes foreign
// names as the real one does, and fails on request. Paths begin with Prefix.
//
// It owns no port and links no testing, so that tests, benchmarks and a demonstration can all serve it. What it knows comes
// from Cloudflare's documentation and from answers quoted in public bug reports; nothing was compared with a live account.
package cffake
