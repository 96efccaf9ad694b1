package hestia_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
)

// Whatever happens to the answer of a write, it is looked up before it is repeated, and happens once.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	swap := set("vm1.example.org", dns.A, "192.0.2.11")
	swap.Remove = []string{"192.0.2.10"}
	for what, c := range map[string]struct {
		cmd    string
		change dns.Change
		before []string
		after  []string
	}{
		"add":    {addCall, set("vm1.example.org", dns.A, "192.0.2.11"), nil, []string{"192.0.2.11"}},
		"change": {setCall, swap, []string{"192.0.2.10"}, []string{"192.0.2.11"}},
		"delete": {delCall, drop("vm1.example.org", "192.0.2.10"), []string{"192.0.2.10"}, nil},
	} {
		for how, f := range map[string]hestiafake.Fault{
			"cut": {}, "cut when done": {Done: true}, "502": {Status: 502}, "502 when done": {Status: 502, Done: true},
			"nonsense when done": {Status: 200, Body: "PHP Warning: x", Done: true}, "nonsense": {Status: 200, Body: "<html>"},
			"load too high": {Code: "14"}, "disk full": {Code: "13"},
		} {
			t.Run(what+", "+how, func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				z := l.zone(forward)
				for _, v := range c.before {
					l.put(forward, "vm1", "A", v, "300")
				}
				f.Cmd = c.cmd
				l.set(func(s *hestiafake.State) { s.Faults = []hestiafake.Fault{f} })
				if r := l.good(z, c.change); !r.Written || len(r.Found) > 0 {
					t.Errorf("%+v", r)
				}
				l.serves(forward, "vm1.example.org", dns.A, c.after...)
				want := 2
				if f.Done {
					want = 1
				}
				if n := l.count(c.cmd); n != want {
					t.Errorf("%d calls of %s, want %d: %q", n, c.cmd, want, l.panel.Commands())
				}
				l.looksBetween(c.cmd, f.Code == "")
				if n := len(l.panel.Records("cust", forward)); n != 2+len(c.after) {
					t.Errorf("%d records", n)
				}
			})
		}
	}
}

// looksBetween checks that two writes never follow each other without a list, unless the panel said that it did nothing.
func (l *lab) looksBetween(cmd string, want bool) {
	l.Helper()
	calls := l.panel.Commands()
	for i := range len(calls) - 1 {
		if want && calls[i] == cmd && calls[i+1] == cmd {
			l.Errorf("repeated without a look: %q", calls)
		}
	}
}

// What does not pass within the tries stops the zone, not only one change, and is no lasting error.
func TestPersistentTroubleIsMetOnce(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]hestiafake.Fault{"cut": {Cmd: addCall}, "503": {Cmd: addCall, Status: 503}, "load": {Cmd: addCall, Code: "14"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			z := l.zone(forward)
			l.set(func(s *hestiafake.State) { s.Faults = slices.Repeat([]hestiafake.Fault{f}, 20) })
			for _, r := range l.apply(z, set("vm1.example.org", dns.A, "192.0.2.10"), set("vm2.example.org", dns.A, "192.0.2.11")) {
				if r.Err == nil || dns.Lasting(r.Err) || r.Written {
					t.Errorf("%+v", r)
				}
			}
			if n := l.count(addCall); n != 3 {
				t.Errorf("%d adds, want 3", n)
			}
			l.set(func(s *hestiafake.State) { s.Faults = nil })
			l.good(z, set("vm1.example.org", dns.A, "192.0.2.10"))
		})
	}
}

// The context ends while a write runs: the next Apply finds its record and knows it for ours.
func TestContextEndsDuringAWrite(t *testing.T) {
	t.Parallel()
	l := newLabAt(t, 100)
	z := l.zone(forward)
	l.set(func(s *hestiafake.State) { s.WriteTime = 10 * time.Second })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(l.panel.Calls()) < 2 {
			time.Sleep(time.Millisecond)
		}
		cancel() // the add is under way
	}()
	rs := z.Apply(ctx, []dns.Change{set("vm1.example.org", dns.A, "192.0.2.10"), set("vm2.example.org", dns.A, "192.0.2.11")})
	for _, r := range rs {
		if r.Err == nil || dns.Lasting(r.Err) || r.Written {
			t.Errorf("%+v", r)
		}
	}
	l.until(func() bool { return len(l.panel.Records("cust", forward)) == 3 })
	r := l.good(z, set("vm1.example.org", dns.A, "192.0.2.10"))
	if !r.Written || len(r.Found) > 0 || l.count(addCall) > 0 {
		t.Errorf("%+v, calls %q", r, l.panel.Commands())
	}
}

// A write that never shows stops to be waited for.
func TestOpenWriteIsGivenUp(t *testing.T) {
	t.Parallel()
	l := newLabAt(t, 2000)
	l.fill(forward)
	cfg := l.config(forward)
	cfg.Timeout = 100 * time.Millisecond
	z := l.open(cfg)
	l.set(func(s *hestiafake.State) {
		s.WriteTime = 200 * time.Hour // the script hangs
	})
	if r := l.one(z, set("vm1.example.org", dns.A, "192.0.2.10")); r.Err == nil {
		t.Fatalf("%+v", r)
	}
	l.set(func(s *hestiafake.State) { s.WriteTime = 0 })
	l.until(func() bool { return l.one(z, set("vm1.example.org", dns.A, "192.0.2.10")).Err == nil })
	if n := len(l.panel.Records("cust", forward)); n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}

// Another hand in the panel deletes our record and takes its id between our list and our change.
func TestListAfterwardsShowsAnotherHand(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.panel.OnWrite(func() {
		l.set(func(s *hestiafake.State) {
			zone := s.Zone("cust", forward)
			zone.Records = zone.Records[:2]
			zone.Put("vm1", "A", "192.0.2.10", "300")
		})
	})
	swap := set("vm1.example.org", dns.A, "192.0.2.11")
	swap.Remove = []string{"192.0.2.10"}
	if r := l.one(z, swap); r.Err == nil || dns.Lasting(r.Err) {
		t.Errorf("%+v, want an error that passes", r)
	}
}

func TestSuspendedRecordsAreForeign(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z, rev := l.zone(forward), l.zone(reverse)
	l.set(func(s *hestiafake.State) {
		for _, r := range []hestiafake.Record{{ID: 7, Name: "vm1", Type: "A", Value: "192.0.2.10"}, {ID: 8, Name: "vm2", Type: "A", Value: "192.0.2.20"}} {
			r.Suspended = true
			s.Zone("cust", forward).Records = append(s.Zone("cust", forward).Records, r)
		}
		s.Zone("cust", reverse).Records = append(s.Zone("cust", reverse).Records, hestiafake.Record{ID: 9, Name: "10", Type: "PTR", Value: "a.example.org.", Suspended: true})
	})
	if r := l.good(z, set("vm1.example.org", dns.A, "192.0.2.10")); !r.Written || len(r.Found) > 0 {
		t.Errorf("a suspended record is not served: %+v", r)
	}
	l.serves(forward, "vm1.example.org", dns.A, "192.0.2.10")
	if r := l.good(z, drop("vm2.example.org", "192.0.2.20")); r.Written {
		t.Errorf("%+v", r)
	}
	ptr := set("10."+reverse, dns.PTR, "b.example.org")
	ptr.Sole = true
	if r := l.one(rev, ptr); !errors.Is(r.Err, dns.ErrForeign) {
		t.Errorf("%+v", r)
	}
	ptr.TakeOver = true
	l.good(rev, ptr)
	l.serves(reverse, ptr.Name, dns.PTR, "b.example.org.")
	if n := len(l.panel.Records("cust", reverse)); n != 3 {
		t.Errorf("%d records, want the suspended one gone", n)
	}
}

// A record with an empty name belongs to the name above it in the file: never ours.
func TestNamelessRecordsAreLeftAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "", "A", "192.0.2.10", "300")
	for _, name := range []string{forward, "vm1.example.org"} {
		if r := l.good(z, drop(name, "192.0.2.10")); r.Written {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// The zone goes away after it was listed: the next Apply learns it for certain.
func TestZoneVanishesMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.set(func(s *hestiafake.State) { s.Faults = []hestiafake.Fault{{Cmd: addCall, Code: "3"}} })
	vm := set("vm1.example.org", dns.A, "192.0.2.10")
	if r := l.one(z, vm); r.Err == nil || dns.Lasting(r.Err) {
		t.Errorf("%+v, want an error that passes", r)
	}
	l.set(func(s *hestiafake.State) { delete(s.Users["cust"].Zones, forward) })
	if r := l.one(z, vm); !errors.Is(r.Err, dns.ErrNoZone) {
		t.Errorf("%+v", r)
	}
	l.called(listCall, "v-list-dns-domains")
}

func TestTwoChangesWantOneReverseName(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(reverse)
	a, b := set("10."+reverse, dns.PTR, "a.example.org"), set("10."+reverse, dns.PTR, "b.example.org")
	a.Sole, b.Sole = true, true
	rs := l.apply(z, a, b)
	if rs[0].Err != nil || !errors.Is(rs[1].Err, dns.ErrForeign) {
		t.Errorf("%+v", rs)
	}
	l.serves(reverse, a.Name, dns.PTR, "a.example.org.")
}

func TestZonesThatThePanelCannotHave(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, zone := range []string{"", "www.example.org", "64/26.2.0.192.in-addr.arpa", "_x.example.org", "Example.org", "example.org.", "münchen.example"} {
		if _, err := l.tryOpen(zone); err == nil {
			t.Errorf("%q was taken", zone)
		}
	}
}

// A panel that counts the ids of two zones apart and a list of many records.
func TestManyRecords(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(reverse)
	for i := range 253 {
		l.put(reverse, strconv.Itoa(i+1), "PTR", fmt.Sprintf("vm%d.example.org.", i+1), "300")
	}
	var changes []dns.Change
	for i := range 253 {
		c := set(fmt.Sprintf("%d.%s", i+1, reverse), dns.PTR, fmt.Sprintf("vm%d.example.org", i+1))
		c.Sole = true
		changes = append(changes, c)
	}
	for _, r := range l.apply(z, changes...) {
		if r.Err != nil || r.Written {
			t.Fatalf("%+v", r)
		}
	}
	l.called(listCall)
	if found := l.findings(z); found[2].Level != dns.Warning || !strings.Contains(found[2].Text, "255 records") {
		t.Errorf("%+v", found[2])
	}
}
