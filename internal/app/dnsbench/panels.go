package dnsbench

import (
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// Panels are HestiaCP servers with the same zones, on which every command takes its time.
type Panels struct {
	Zones   []zones.Zone
	servers []*hestiafake.Server
}

// SlowPanels starts n servers; close them.
func SlowPanels(n int, delay time.Duration, names ...string) (*Panels, error) {
	p := new(Panels)
	for range n {
		panel := hestiafake.New(clock.System{}, "bench-password")
		panel.Set(func(s *hestiafake.State) {
			s.WriteTime, s.ListTime = delay, delay
			for _, name := range names {
				s.Zone("cust", name)
			}
		})
		server, err := panel.Listen("127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.servers = append(p.servers, server)
		for _, name := range names {
			p.Zones = append(p.Zones, zones.Zone{Name: name, Provider: "hestiacp", TTL: dns.DefaultTTL, Fields: map[string]string{
				"server": server.URL, "admin": "admin", "password": "bench-password", "user": "cust", "fingerprint": server.Fingerprint,
			}})
		}
	}
	return p, nil
}

// Close stops the servers.
func (p *Panels) Close() error {
	var errs []error
	for _, s := range p.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
