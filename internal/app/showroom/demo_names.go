package showroom

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// demoNames is the demo's own name server; nil on a machine without PowerDNS.
type demoNames struct {
	server *pdns.Server
	dir    string
}

// openDemoNames starts a PowerDNS when one is installed.
func openDemoNames(ctx context.Context, say func(string, ...any)) (*demoNames, error) {
	dir, err := os.MkdirTemp("", "kvmbridge-demo-names-")
	if err != nil {
		return nil, err
	}
	server, err := pdns.Start(ctx, dir)
	if errors.Is(err, pdns.ErrMissing) {
		say("DNS is left out: %v", err)
		return nil, os.RemoveAll(dir)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &demoNames{server, dir}, nil
}

func (n *demoNames) close() error {
	if n == nil {
		return nil
	}
	n.server.Stop()
	return os.RemoveAll(n.dir)
}

// enter makes the zones of the demo's names and addresses, at the server and in the sidecar.
func (n *demoNames) enter(ctx context.Context, s *house) error {
	if n == nil {
		return nil
	}
	book := s.DNS()
	for _, name := range []string{"example.net", "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"} {
		if err := n.server.CreateZone(ctx, name, "Native"); err != nil {
			return err
		}
		_, err := book.SaveDNSZone(ctx, zones.Zone{
			Name: name, Provider: "powerdns", TTL: dns.DefaultTTL, Fields: map[string]string{"server": n.server.API, "api_key": n.server.Key},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tell asks the name server, as anybody on the Internet would.
func (n *demoNames) tell(ctx context.Context, m vm.Machine, say func(string, ...any)) error {
	if n == nil {
		return nil
	}
	forward, err := pdns.Query(ctx, n.server.DNS, m.Domain, dnsmessage.TypeA)
	if err != nil || len(forward) == 0 {
		return errors.Join(errors.New("the name server does not know "+m.Domain), err)
	}
	owner, err := dns.PTRName(m.Addresses[0].Address)
	if err != nil {
		return err
	}
	back, err := pdns.Query(ctx, n.server.DNS, owner, dnsmessage.TypePTR)
	if err != nil || len(back) == 0 {
		return errors.Join(errors.New("the name server does not know "+owner), err)
	}
	say("  %-12s%s is %s, and that is %s (PowerDNS at %s)", "DNS says", m.Domain, strings.Join(forward, ", "), strings.Join(back, ", "), n.server.DNS)
	return nil
}
