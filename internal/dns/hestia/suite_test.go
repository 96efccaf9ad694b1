package hestia_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
)

const suiteZone = "example.org"

// suiteLab shows a panel to the suite.
type suiteLab struct {
	*lab
	hidden map[string]*hestiafake.Zone
	key    bool
}

func TestProvider(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]bool{"password": false, "access key": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dnstest.Run(t, func(t *testing.T) dnstest.Lab {
				t.Helper()
				l := newLab(t)
				l.set(func(s *hestiafake.State) {
					s.Zone("cust", suiteZone).Put("@", "NS", "ns1.example.net.", "")
					s.Keys[keyID] = hestiafake.Key{Secret: keySecret, User: "admin"}
				})
				return &suiteLab{lab: l, key: key}
			})
		})
	}
}

const (
	keyID     = "ABCDEFGHIJKLMNOPQRST"
	keySecret = "0123456789abcdefghijklmnopqrstuvwxyz-_=!"
)

func (s *suiteLab) Zone() string { return suiteZone }

func (s *suiteLab) Secret() string {
	if s.key {
		return keySecret
	}
	return marker
}

func (s *suiteLab) Open(tb testing.TB) dns.Provider {
	tb.Helper()
	cfg := s.config(suiteZone)
	if s.key {
		cfg.Admin, cfg.Password = "", keyID+":"+keySecret
	}
	return s.open(cfg)
}

func (s *suiteLab) Values(tb testing.TB, name string, typ dns.Type) []string {
	tb.Helper()
	values, _, err := s.panel.Served("cust", suiteZone, name, string(typ))
	if err != nil {
		tb.Error(err)
	}
	return values
}

func (s *suiteLab) TTL(tb testing.TB, name string, typ dns.Type) int {
	tb.Helper()
	_, ttl, err := s.panel.Served("cust", suiteZone, name, string(typ))
	if err != nil {
		tb.Error(err)
	}
	return ttl
}

func (s *suiteLab) Plant(tb testing.TB, name string, typ dns.Type, values ...string) {
	tb.Helper()
	for _, v := range values {
		if typ == dns.PTR || typ == dnstest.CNAME {
			v += "."
		}
		s.put(suiteZone, strings.TrimSuffix(name, "."+suiteZone), string(typ), v, "300")
	}
}

func (s *suiteLab) Writes() int      { return s.panel.Writes() }
func (s *suiteLab) OnWrite(f func()) { s.panel.OnWrite(f) }

func (s *suiteLab) Break(tb testing.TB, f dnstest.Failure) {
	tb.Helper()
	s.set(func(st *hestiafake.State) {
		switch f {
		case dnstest.WrongSecret:
			st.Password, st.Keys[keyID] = "another", hestiafake.Key{Secret: "another", User: "admin"}
		case dnstest.NoZone:
			s.hidden, st.Users["cust"].Zones = st.Users["cust"].Zones, map[string]*hestiafake.Zone{}
		case dnstest.Away:
			st.Down = true
		}
	})
}

func (s *suiteLab) Mend(tb testing.TB) {
	tb.Helper()
	s.set(func(st *hestiafake.State) {
		st.Password, st.Keys[keyID], st.Down = marker, hestiafake.Key{Secret: keySecret, User: "admin"}, false
		if s.hidden != nil {
			st.Users["cust"].Zones = s.hidden
		}
	})
}
