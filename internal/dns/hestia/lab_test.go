package hestia_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
	"github.com/kvmbridge/kvmbridge/internal/dns/hestia"
)

// marker is a password that form encoding, JSON and logs would each spell in another way.
const marker = `S3cret&+%ä "quoted"\/<x>`

// speed of the clocks in these tests: pauses of seconds last milliseconds.
const speed = 1000

// lab is a panel with users, and clients of it that share a registry.
type lab struct {
	*testing.T
	panel   *hestiafake.Panel
	server  *hestiafake.Server
	servers *hestia.Servers
	clock   clock.Clock
	log     *bytes.Buffer
}

func newLab(t *testing.T) *lab {
	t.Helper()
	return newLabAt(t, speed)
}

func newLabAt(t *testing.T, factor float64) *lab {
	t.Helper()
	clk := clock.NewScaled(factor)
	l := &lab{T: t, panel: hestiafake.New(clk, marker), servers: &hestia.Servers{}, clock: clk, log: &bytes.Buffer{}}
	var err error
	if l.server, err = l.panel.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.server.Close() })
	return l
}

// config is that of a zone of cust.
func (l *lab) config(zone string) hestia.Config {
	return hestia.Config{
		Zone: zone, Server: l.server.URL, Admin: "admin", Password: marker, User: "cust", Fingerprint: l.server.Fingerprint, Clock: l.clock,
		Log: slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func (l *lab) open(cfg hestia.Config) *hestia.Zone {
	l.Helper()
	z, err := hestia.New(cfg, l.servers)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(z.Close)
	return z
}

// zone makes a zone of cust with a name server and an A record of its own, and opens it.
func (l *lab) zone(name string) *hestia.Zone {
	l.Helper()
	l.fill(name)
	return l.open(l.config(name))
}

func (l *lab) fill(zone string) {
	l.panel.Set(func(s *hestiafake.State) {
		z := s.Zone("cust", zone)
		z.Put("@", "NS", "ns1.example.net.", "")
		z.Put("@", "A", "192.0.2.1", "")
	})
}

func (l *lab) put(zone, name, typ, value, ttl string) (id int) {
	l.panel.Set(func(s *hestiafake.State) { id = s.Zone("cust", zone).Put(name, typ, value, ttl) })
	return id
}

func (l *lab) set(f func(*hestiafake.State)) { l.panel.Set(f) }

// apply forgets former calls first, so that those of the changes can be read.
func (l *lab) apply(z *hestia.Zone, changes ...dns.Change) []dns.Result {
	l.Helper()
	l.panel.Forget()
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	defer cancel()
	return z.Apply(ctx, changes)
}

func (l *lab) one(z *hestia.Zone, c dns.Change) dns.Result {
	l.Helper()
	return l.apply(z, c)[0]
}

// good is one for changes that have to succeed.
func (l *lab) good(z *hestia.Zone, c dns.Change) dns.Result {
	l.Helper()
	r := l.one(z, c)
	if r.Err != nil {
		l.Fatalf("%s %s: %v", c.Name, c.Type, r.Err)
	}
	return r
}

func (l *lab) count(cmd string) (n int) {
	for _, c := range l.panel.Commands() {
		if c == cmd {
			n++
		}
	}
	return n
}

// called checks the commands since the last apply.
func (l *lab) called(want ...string) {
	l.Helper()
	if got := l.panel.Commands(); !slices.Equal(got, want) {
		l.Errorf("calls %q, want %q", got, want)
	}
}

// call is the only one of a command.
func (l *lab) call(cmd string) hestiafake.Call {
	l.Helper()
	for _, c := range l.panel.Calls() {
		if c.Cmd == cmd {
			return c
		}
	}
	l.Fatalf("no call of %s among %q", cmd, l.panel.Commands())
	return hestiafake.Call{}
}

// serves checks what a name server answers.
func (l *lab) serves(zone, name string, typ dns.Type, want ...string) {
	l.Helper()
	got, _, err := l.panel.Served("cust", zone, name, string(typ))
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		l.Errorf("%s %s is served as %q (%v), want %q", name, typ, got, err, want)
	}
}

func (l *lab) findings(z *hestia.Zone) []dns.Finding {
	l.Helper()
	l.panel.Forget()
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	defer cancel()
	return z.Test(ctx)
}

// fails checks that the last finding of a test failed at a step, with words in it.
func (l *lab) fails(z *hestia.Zone, step string, words ...string) string {
	l.Helper()
	found := l.findings(z)
	last := found[len(found)-1]
	if last.Level != dns.Failed || last.Step != step {
		l.Errorf("last finding %+v, want %q failed", last, step)
	}
	for _, w := range words {
		if !strings.Contains(last.Text, w) {
			l.Errorf("%q lacks %q", last.Text, w)
		}
	}
	return last.Text
}

func set(name string, typ dns.Type, add ...string) dns.Change {
	return dns.Change{Name: name, Type: typ, TTL: 300, Add: add}
}

// drop removes A records.
func drop(name string, remove ...string) dns.Change {
	return dns.Change{Name: name, Type: dns.A, TTL: 300, Remove: remove}
}

// args checks arguments by position, from arg1, and that no other was sent.
func (l *lab) args(c hestiafake.Call, want ...string) {
	l.Helper()
	if len(c.Args) != len(want) {
		l.Errorf("%s: arguments %v, want %d", c.Cmd, c.Args, len(want))
	}
	for i, w := range want {
		name := "arg" + strconv.Itoa(i+1)
		if got, sent := c.Args[name]; !sent || got != w {
			l.Errorf("%s: %s is %q (sent %t), want %q", c.Cmd, name, got, sent, w)
		}
	}
}
