package dnsbench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/powerdns"
)

const (
	rate     = 200 // queries a second
	watching = 5 * time.Second
	guests   = 10
)

// zoneNames are the zones of the guests; the reverse zones are those of 192.0.2.0/24 and 2001:db8::/32.
func zoneNames() []string {
	return []string{"example.org", "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"}
}

// ResyncAbsence asks a real PowerDNS for right records of guests, 200 times a second, while those guests are synchronised
// anew over and over, and counts the answers that lack the right value.
func ResyncAbsence(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	dir, err := os.MkdirTemp("", "kvmbridge-pdns-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := pdns.Start(ctx, dir)
	if err != nil {
		return 0, err
	}
	defer server.Stop()
	s := &resyncs{}
	if err := s.open(ctx, server); err != nil {
		return 0, err
	}
	return s.measure(ctx, server.DNS, say)
}

// resyncs of all guests, one round after another.
type resyncs struct {
	zones   map[string]dns.Provider
	watched []pdns.Watched
	rounds  int
	written int
}

func (s *resyncs) open(ctx context.Context, server *pdns.Server) error {
	s.zones = map[string]dns.Provider{}
	var shared powerdns.Servers
	for _, name := range zoneNames() {
		if err := server.CreateZone(ctx, name, "Native"); err != nil {
			return err
		}
		z, err := powerdns.New(powerdns.Config{Zone: name, Server: server.API, APIKey: server.Key}, &shared)
		if err != nil {
			return err
		}
		s.zones[name] = z
	}
	return s.round(ctx)
}

// measure goes on for a while; the value is the number of answers without the right value.
func (s *resyncs) measure(ctx context.Context, server string, say func(string, ...any)) (float64, error) {
	watched, end := context.WithTimeout(ctx, watching)
	defer end()
	seen := make(chan pdns.Sightings, 1)
	go func() { seen <- pdns.Watch(watched, server, rate, s.watched) }()
	before := s.rounds
	s.written = 0
	for watched.Err() == nil {
		if err := s.round(ctx); err != nil {
			return 0, err
		}
	}
	got := <-seen
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case got.Err != nil:
		return 0, got.Err
	case s.written == 0 || got.Asked < int(watching/time.Second)*rate/4:
		return 0, fmt.Errorf("%d queries during %d written record sets prove nothing; is the machine too busy?", got.Asked, s.written)
	}
	say("floor dns_resync_absence: %d queries in %s during %d resyncs of %d guests, %d record sets written; %d answers lacked a right value",
		got.Asked, watching, s.rounds-before, guests, s.written, got.Missing)
	return float64(got.Missing), nil
}

// round makes all guests' records anew, with another address beside the lasting one and another TTL, so that every set is written.
func (s *resyncs) round(ctx context.Context) error {
	s.rounds++
	changes := map[string][]dns.Change{}
	for i := range guests {
		if err := s.guest(changes, i); err != nil {
			return err
		}
	}
	for zone, list := range changes {
		for i, r := range s.zones[zone].Apply(ctx, list) {
			if r.Err != nil {
				return fmt.Errorf("%s %s: %w", list[i].Name, list[i].Type, r.Err)
			}
			if r.Written {
				s.written++
			}
		}
		if err := clock.Sleep(ctx, clock.System{}, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// guest adds the changes of a guest: all that it should have is added, all that it ever had is removed.
func (s *resyncs) guest(changes map[string][]dns.Change, i int) error {
	name, ttl := fmt.Sprintf("vm%d.example.org", i), 300+s.rounds%2*300
	four, six := netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)}), netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)) //nolint:gosec // a few guests
	stale := []string{"198.51.100.1", "198.51.100.2"}
	forward := "example.org"
	changes[forward] = append(changes[forward],
		dns.Change{Name: name, Type: dns.A, TTL: ttl, Add: []string{four.String(), stale[s.rounds%2]}, Remove: append(stale, four.String())},
		dns.Change{Name: name, Type: dns.AAAA, TTL: ttl, Add: []string{six.String()}, Remove: []string{six.String()}})
	watch := []pdns.Watched{{Name: name, Type: dnsmessage.TypeA, Value: four.String()}, {Name: name, Type: dnsmessage.TypeAAAA, Value: six.String()}}
	for j, a := range []netip.Addr{four, six} {
		owner, err := dns.PTRName(a)
		if err != nil {
			return err
		}
		zone := zoneNames()[1+j]
		changes[zone] = append(changes[zone], dns.Change{Name: owner, Type: dns.PTR, TTL: ttl, Add: []string{name}, Remove: []string{name}, Sole: true})
		watch = append(watch, pdns.Watched{Name: owner, Type: dnsmessage.TypePTR, Value: name})
	}
	if s.rounds == 1 {
		s.watched = append(s.watched, watch...)
	}
	return nil
}
