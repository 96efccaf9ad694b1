package powerdns_test

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, version string }{
		"forward zone":          {"example.org", ""},
		"reverse zone":          {"2.0.192.in-addr.arpa", ""},
		"version " + oldVersion: {"example.org", oldVersion},
		"version " + ltsVersion: {"example.org", ltsVersion},
		"version " + newVersion: {"example.org", newVersion},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startPowerDNS(t)
			dnstest.Run(t, func(t *testing.T) dnstest.Lab {
				t.Helper()
				l := newLab(t, server, c.zone)
				l.version = c.version
				return l
			})
		})
	}
}
