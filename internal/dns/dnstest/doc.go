// Package dnstest is the suite that every implementation of dns.Provider passes: Run. It knows no provider; a Lab shows
// it what the other side really holds. Only tests import it.
package dnstest
