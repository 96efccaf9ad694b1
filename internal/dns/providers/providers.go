package providers

import (
	"fmt"
	"log/slog"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/cloudflare"
	"github.com/kvmbridge/kvmbridge/internal/dns/hestia"
	"github.com/kvmbridge/kvmbridge/internal/dns/powerdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// Shop opens zones; it is safe for concurrent use, and one serves a process.
type Shop struct {
	// CloudflareURL of the API; "" = Cloudflare's own. For tests and the demo, never from a form.
	CloudflareURL string
	Clock         clock.Clock
	Log           *slog.Logger

	accounts *cloudflare.Accounts
	power    powerdns.Servers
	hestia   hestia.Servers
}

// New makes a Shop.
func New(c clock.Clock, log *slog.Logger) *Shop {
	return &Shop{Clock: c, Log: log, accounts: cloudflare.NewAccounts(cloudflare.Limits{Clock: c})}
}

// Open makes the provider of a zone and calls nobody. The error is a sentence about its fields.
func (s *Shop) Open(z zones.Zone) (dns.Provider, error) {
	f := z.Fields
	switch z.Provider {
	case "cloudflare":
		return cloudflare.New(cloudflare.Config{
			Zone: z.Name, ZoneID: f["zone_id"], AccountID: f["account_id"], Token: f["api_token"], Accounts: s.accounts, URL: s.CloudflareURL, Log: s.Log,
		})
	case "hestiacp":
		return hestia.New(hestia.Config{
			Zone: z.Name, Server: f["server"], Admin: f["admin"], Password: f["password"], User: f["user"],
			Fingerprint: f["fingerprint"], Clock: s.Clock, Log: s.Log,
		}, &s.hestia)
	case "powerdns":
		return powerdns.New(powerdns.Config{
			Zone: z.Name, Server: f["server"], APIKey: f["api_key"], Fingerprint: f["fingerprint"], Clock: s.Clock, Log: s.Log,
		}, &s.power)
	}
	return nil, fmt.Errorf("zone %s is of the unknown type %q: edit it and choose Cloudflare, HestiaCP or PowerDNS", z.Name, z.Provider)
}
