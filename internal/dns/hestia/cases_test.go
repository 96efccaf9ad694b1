package hestia_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
	"github.com/kvmbridge/kvmbridge/internal/dns/hestia"
)

// The names H1 … H30 are those of the list of cases in dns-providers.md §5.3.

const (
	forward  = "example.org"
	reverse  = "2.0.192.in-addr.arpa"
	listCall = "v-list-dns-records"
	addCall  = "v-add-dns-record"
	setCall  = "v-change-dns-record"
	delCall  = "v-delete-dns-record"
	reload   = "v-restart-dns"
)

func TestH1_H2_ensureOnceThenUnchanged(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z, vm := l.zone(forward), set("vm1.example.org", dns.A, "192.0.2.10")
	if r := l.good(z, vm); !r.Written || len(r.Found) > 0 {
		t.Errorf("%+v", r)
	}
	l.called(listCall, addCall, reload)
	add := l.call(addCall)
	l.args(add, "cust", forward, "vm1", "A", "192.0.2.10", "", "", "no", "300")
	if !add.Code || l.call(listCall).Code {
		t.Error("a write wants the exit code, a list its output")
	}
	l.serves(forward, "vm1.example.org", dns.A, "192.0.2.10")
	if r := l.good(z, vm); r.Written || !slices.Equal(r.Found, vm.Add) {
		t.Errorf("%+v", r)
	}
	l.called(listCall)
}

func TestH3_identicalEntriesAreBothDeleted(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.good(z, drop("vm1.example.org", "192.0.2.10"))
	l.serves(forward, "vm1.example.org", dns.A)
	if n := l.count(delCall); n != 2 {
		t.Errorf("%d deletes, want 2", n)
	}
}

func TestH4_onlyOursIsDeleted(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	ours := l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.put(forward, "vm1", "A", "192.0.2.99", "300")
	l.good(z, drop("vm1.example.org", "192.0.2.10"))
	l.args(l.call(delCall), "cust", forward, strconv.Itoa(ours), "no")
	l.called(listCall, delCall, reload, listCall)
	l.serves(forward, "vm1.example.org", dns.A, "192.0.2.99")
}

func TestH5_duplicateIDsAreNotTouched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]dns.Change{
		"remove":  drop("vm1.example.org", "192.0.2.10"),
		"new TTL": {Name: "vm1.example.org", Type: dns.A, TTL: 600, Add: []string{"192.0.2.10"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			z := l.zone(forward)
			l.put(forward, "vm1", "A", "192.0.2.10", "300")
			l.set(func(s *hestiafake.State) {
				zone := s.Zone("cust", forward)
				theirs := zone.Records[len(zone.Records)-1]
				theirs.Name, theirs.Value = "theirs", "192.0.2.99"
				zone.Records = append(zone.Records, theirs)
			})
			r := l.one(z, c)
			if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "duplicate record ids") {
				t.Errorf("%+v", r)
			}
			l.called(listCall)
			l.serves(forward, "theirs.example.org", dns.A, "192.0.2.99")
		})
	}
}

// A replacement beside a duplicate id adds the new value and reports that the old one stays.
func TestH5_duplicateIDDoesNotHinderTheNewValue(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.set(func(s *hestiafake.State) { s.SameID = true })
	l.good(z, set("vm2.example.org", dns.A, "192.0.2.20"))
	r := l.one(z, set("vm2.example.org", dns.A, "192.0.2.20"))
	if r.Err != nil || !strings.Contains(r.Warning, "have the id 3") {
		t.Errorf("two records with an id: %+v, want a warning", r)
	}
	l.set(func(s *hestiafake.State) { s.SameID = false })
	c := set("vm1.example.org", dns.A, "192.0.2.11")
	c.Remove = []string{"192.0.2.10"}
	if r = l.one(z, c); !errors.Is(r.Err, dns.ErrRefused) || !r.Written {
		t.Errorf("%+v", r)
	}
	l.serves(forward, "vm1.example.org", dns.A, "192.0.2.10", "192.0.2.11")
	l.serves(forward, "vm2.example.org", dns.A, "192.0.2.20")
}

func TestH6_freshListDecides(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.good(z, set("vm1.example.org", dns.A, "192.0.2.10")) // takes id 3
	l.set(func(s *hestiafake.State) {
		zone := s.Zone("cust", forward)
		zone.Records = append(zone.Records[:2], hestiafake.Record{ID: 3, Name: "theirs", Type: "A", Value: "192.0.2.99"})
	})
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.good(z, drop("vm1.example.org", "192.0.2.10"))
	l.args(l.call(delCall), "cust", forward, "4", "no")
	l.serves(forward, "theirs.example.org", dns.A, "192.0.2.99")
}

func TestH7_lastARecordIsStuck(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.put(forward, "@", "NS", "ns1.example.net.", "")
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	z := l.open(l.config(forward))
	rs := l.apply(z, drop("vm1.example.org", "192.0.2.10"), set("vm1.example.org", dns.AAAA, "2001:db8::10"))
	if r := rs[0]; r.Err != nil || r.Written || !slices.Equal(r.Stuck, []string{"192.0.2.10"}) || !strings.Contains(r.Warning, "last A record") {
		t.Errorf("%+v", r)
	}
	if n := l.count(delCall); n != 1 {
		t.Errorf("%d tries, want 1", n)
	}
	if rs[1].Err != nil || !rs[1].Written {
		t.Errorf("the other change: %+v", rs[1])
	}
	l.serves(forward, "vm1.example.org", dns.A, "192.0.2.10")
	l.serves(forward, "vm1.example.org", dns.AAAA, "2001:db8::10")
}

// Of two A records one goes, wherever they stand in the batch.
func TestH7_lastOfSeveral(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.put(forward, "vm2", "A", "192.0.2.11", "300")
	z := l.open(l.config(forward))
	rs := l.apply(z, drop("vm1.example.org", "192.0.2.10"), drop("vm2.example.org", "192.0.2.11"))
	if rs[0].Err != nil || !rs[0].Written || len(rs[0].Stuck) > 0 || rs[1].Err != nil || len(rs[1].Stuck) != 1 {
		t.Errorf("%+v", rs)
	}
	l.set(func(s *hestiafake.State) { s.Zone("cust", forward).Put("vm3", "A", "192.0.2.12", "300") })
	if r := l.good(z, drop("vm2.example.org", "192.0.2.11")); len(r.Stuck) > 0 {
		t.Errorf("with another A record: %+v", r)
	}
}

func TestH8_lastARecordIsReplaced(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	z := l.open(l.config(forward))
	c := set("vm1.example.org", dns.A, "192.0.2.11")
	c.Remove = []string{"192.0.2.10"}
	l.panel.OnWrite(func() {
		if got, _, _ := l.panel.Served("cust", forward, "vm1.example.org", "A"); len(got) == 0 {
			t.Error("the name is without an address in between")
		}
	})
	if r := l.good(z, c); !r.Written || len(r.Stuck) > 0 {
		t.Errorf("%+v", r)
	}
	l.args(l.call(setCall), "cust", forward, "1", "vm1", "A", "192.0.2.11", "", "no", "300")
	l.serves(forward, "vm1.example.org", dns.A, "192.0.2.11")
}

// Also when the new address gets another name, in whatever order the changes come.
func TestH8_lastARecordGetsAnotherName(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.put(forward, "old", "A", "192.0.2.10", "300")
	z := l.open(l.config(forward))
	for _, r := range l.apply(z, drop("old.example.org", "192.0.2.10"), set("new.example.org", dns.A, "192.0.2.10")) {
		if r.Err != nil || !r.Written || len(r.Stuck) > 0 {
			t.Errorf("%+v", r)
		}
	}
	l.serves(forward, "old.example.org", dns.A)
	l.serves(forward, "new.example.org", dns.A, "192.0.2.10")
}

func TestH9_H10_H11_reverseNames(t *testing.T) {
	t.Parallel()
	const nibbles = "5.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
	for name, c := range map[string]struct{ zone, owner, record string }{
		"H9 IPv4":             {reverse, "10.2.0.192.in-addr.arpa", "10"},
		"H9 RFC 2317":         {"64-127.2.0.192.in-addr.arpa", "70.64-127.2.0.192.in-addr.arpa", "70"},
		"H10 IPv6":            {"8.b.d.0.1.0.0.2.ip6.arpa", nibbles, "5.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"},
		"H11 zone is address": {nibbles, nibbles, "@"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			z, ptr := l.zone(c.zone), set(c.owner, dns.PTR, "vm1.example.org")
			ptr.Sole = true
			l.good(z, ptr)
			l.args(l.call(addCall), "cust", c.zone, c.record, "PTR", "vm1.example.org.", "", "", "no", "300")
			l.serves(c.zone, c.owner, dns.PTR, "vm1.example.org.")
			if r := l.good(z, ptr); r.Written {
				t.Errorf("again: %+v", r)
			}
		})
	}
}

func TestH12_wrongPasswordIsAskedOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fill(forward)
	cfg := l.config(forward)
	cfg.Password = "wrong"
	for _, r := range l.apply(l.open(cfg), set("vm1.example.org", dns.A, "192.0.2.10"), drop("vm2.example.org", "192.0.2.10")) {
		if !errors.Is(r.Err, dns.ErrRefused) {
			t.Errorf("%+v", r)
		}
	}
	l.called(listCall)
	l.good(l.zone(reverse), set("10.2.0.192.in-addr.arpa", dns.PTR, "vm1.example.org"))
}

// The fifth bad login locks the host out, and the zones with the right password with it.
func TestH12_badLoginsNeverReachTheBan(t *testing.T) {
	t.Parallel()
	l := newLabAt(t, 1)
	right := l.zone(forward)
	l.good(right, set("vm1.example.org", dns.A, "192.0.2.10"))
	for range 4 {
		cfg := l.config(forward)
		cfg.Password = "wrong"
		z := l.open(cfg)
		l.fails(z, "reachable", "password")
		if r := l.one(z, set("vm1.example.org", dns.A, "192.0.2.10")); !errors.Is(r.Err, dns.ErrRefused) {
			t.Errorf("%+v", r)
		}
	}
	l.set(func(s *hestiafake.State) {
		if n := s.Failed["127.0.0.1"]; n != 3 {
			t.Errorf("%d bad logins, want 3", n)
		}
	})
	other := l.config(forward)
	other.Password = "wrong too"
	l.fails(l.open(other), "reachable", "password")
	l.fails(l.open(other), "reachable", "not asked again")
	l.good(right, set("vm2.example.org", dns.A, "192.0.2.10"))
}

func TestH13_H14_H15_H16_answersThatAreNoSuccess(t *testing.T) {
	t.Parallel()
	spoil := func(cmd string, f hestiafake.Fault) func(*hestiafake.State) {
		f.Cmd = cmd
		return func(s *hestiafake.State) { s.Faults = []hestiafake.Fault{f, f, f} }
	}
	for name, c := range map[string]struct {
		breaks  func(*hestiafake.State)
		words   []string
		lasting bool
	}{
		"H13 release 1.6":            {func(s *hestiafake.State) { s.Release16, s.Password = true, "other" }, []string{"password", "code 9"}, true},
		"wrong password":             {func(s *hestiafake.State) { s.Password = "other" }, []string{"password", "code 9"}, true},
		"other admin":                {func(s *hestiafake.State) { s.Root = "boss" }, []string{"root user", "code 10"}, true},
		"H14 OK instead of a list":   {spoil("", hestiafake.Fault{Status: 200, Body: "OK"}), []string{`unexpected answer`, `"OK"`}, false},
		"H14 list that breaks off":   {spoil("", hestiafake.Fault{Status: 200, Body: "{\n"}), []string{"cannot be read"}, false},
		"H14 list and more":          {spoil("", hestiafake.Fault{Status: 200, Body: "{\n}\nWarning: x"}), []string{"cannot be read"}, false},
		"H15 API off":                {func(s *hestiafake.State) { s.API = hestiafake.BySetting }, []string{"switched off", "code 11"}, true},
		"H15 API off, as one text":   {spoil("", hestiafake.Fault{Status: 400, Body: "Error: API has been disabled11"}), []string{"switched off", "code 11"}, true},
		"API off by command":         {func(s *hestiafake.State) { s.API = hestiafake.ByCommand }, []string{"switched off", "code 11"}, true},
		"API removed":                {func(s *hestiafake.State) { s.API = hestiafake.Removed }, []string{"404"}, true},
		"H16 address not on a list":  {func(s *hestiafake.State) { s.Allowed = nil }, []string{"allow-list", "code 10"}, true},
		"unknown owner":              {func(s *hestiafake.State) { delete(s.Users, "cust") }, []string{"user cust doesn't exist"}, true},
		"broken web server":          {spoil("", hestiafake.Fault{Status: 502}), []string{"HTTP 502"}, false},
		"another web server answers": {spoil("", hestiafake.Fault{Status: 200, Body: "<html>hi\nthere</html>"}), []string{"unexpected answer"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			z := l.zone(forward)
			l.set(c.breaks)
			l.fails(z, "reachable", c.words...)
			l.set(c.breaks)
			r := l.one(z, set("vm1.example.org", dns.A, "192.0.2.10"))
			if r.Err == nil || dns.Lasting(r.Err) != c.lasting || errors.Is(r.Err, dns.ErrNoZone) || l.panel.Writes() > 0 {
				t.Errorf("%+v, %d writes", r, l.panel.Writes())
			}
		})
	}
}

// H15: a write that is answered with a text ending in digits is no success with that code.
func TestH15_textIsNoCode(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.set(func(s *hestiafake.State) {
		s.Faults = []hestiafake.Fault{{Cmd: addCall, Status: 400, Body: "Error: API has been disabled11"}}
	})
	rs := l.apply(z, set("vm1.example.org", dns.A, "192.0.2.10"), set("vm2.example.org", dns.A, "192.0.2.11"))
	for _, r := range rs {
		if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "code 11") {
			t.Errorf("%+v", r)
		}
	}
	l.called(listCall, addCall)
}

func TestH17_slowAddWithinTheTimeout(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.set(func(s *hestiafake.State) { s.WriteTime = time.Minute })
	l.good(z, set("vm1.example.org", dns.A, "192.0.2.10"))
	l.called(listCall, addCall, reload)
}

// The client leaves after 300 ms, which are 6 s on the panel's clock; the command goes on.
func TestH17_addThatOutlastsTheTimeout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes    time.Duration
		atOnce   bool // it shows while the client still looks
		replaces bool
	}{
		"shows soon":          {9 * time.Second, true, false},
		"shows later":         {time.Minute, false, false},
		"change, shows soon":  {9 * time.Second, true, true},
		"change, shows later": {time.Minute, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLabAt(t, 20)
			l.fill(forward)
			vm := set("vm1.example.org", dns.A, "192.0.2.10")
			cmd := addCall
			if c.replaces {
				cmd, vm.Remove = setCall, []string{"192.0.2.9"}
				l.put(forward, "vm1", "A", "192.0.2.9", "300")
			}
			cfg := l.config(forward)
			cfg.Timeout = 300 * time.Millisecond
			z := l.open(cfg)
			l.set(func(s *hestiafake.State) { s.WriteTime = c.takes })
			r := l.one(z, vm)
			if n := l.count(cmd); n != 1 {
				t.Fatalf("%d writes, want 1: %q", n, l.panel.Commands())
			}
			if c.atOnce {
				if r.Err != nil || !r.Written {
					t.Errorf("%+v", r)
				}
				return
			}
			later, ok := errors.AsType[*dns.LaterError](r.Err)
			if !ok || later.After <= 0 || dns.Lasting(r.Err) {
				t.Fatalf("%+v, want a LaterError", r)
			}
			// Nothing else is written meanwhile: it would take the same id.
			if r = l.one(z, set("vm2.example.org", dns.A, "192.0.2.11")); r.Err == nil || l.count(addCall) > 0 {
				t.Errorf("a second write while the first may run: %+v", r)
			}
			l.until(func() bool {
				v, _, _ := l.panel.Served("cust", forward, "vm1.example.org", "A")
				return slices.Equal(v, vm.Add)
			})
			if r = l.one(z, vm); r.Err != nil || !r.Written || len(r.Found) > 0 || l.count(addCall)+l.count(setCall) > 0 {
				t.Errorf("afterwards: %+v, calls %q; want our own write recognised", r, l.panel.Commands())
			}
			l.serves(forward, "vm1.example.org", dns.A, "192.0.2.10")
		})
	}
}

func (l *lab) until(done func() bool) {
	l.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			l.Fatal("it never happened")
		}
	}
}

func TestH18_oneCallAtATime(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fill(forward)
	l.fill(reverse)
	l.set(func(s *hestiafake.State) { s.WriteTime, s.ListTime = 2*time.Second, time.Second })
	var wg sync.WaitGroup
	for i := range 10 {
		z := l.open(l.config([]string{forward, reverse}[i%2]))
		c := []dns.Change{set(fmt.Sprintf("vm%d.example.org", i), dns.A, "192.0.2.10"), set(fmt.Sprintf("%d.%s", i, reverse), dns.PTR, "vm1.example.org")}[i%2]
		wg.Go(func() {
			if r := z.Apply(t.Context(), []dns.Change{c})[0]; r.Err != nil {
				t.Errorf("%+v", r)
			}
		})
		wg.Go(func() { z.Test(t.Context()) })
	}
	wg.Wait()
	if n := l.panel.Most(); n != 1 {
		t.Errorf("%d calls at once, want 1", n)
	}
	ids := map[int]bool{}
	for _, r := range l.panel.Records("cust", forward) {
		if ids[r.ID] {
			t.Errorf("id %d twice", r.ID)
		}
		ids[r.ID] = true
	}
}

func TestH19_refusedByTheClient(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z, rev := l.zone(forward), l.zone(reverse)
	for _, c := range []dns.Change{
		set("bad--name.example.org", dns.A, "192.0.2.10"),
		set("-x.example.org", dns.A, "192.0.2.10"),
		set("x-.example.org", dns.A, "192.0.2.10"),
		set("a__b.example.org", dns.A, "192.0.2.10"),
		set(".example.org", dns.A, "192.0.2.10"),
		set("a b.example.org", dns.A, "192.0.2.10"),
		set("a'b.example.org", dns.A, "192.0.2.10"),
		set("vm1.example.org", dns.A, ""),
		set("vm1.example.org", dns.A, "2001:db8::1"),
		set("vm1.example.org", dns.A, "192.0.2.010"),
		set("vm1.example.org", dns.AAAA, ""),
		set("vm1.example.org", dns.AAAA, "192.0.2.1"),
		set("vm1.example.org", dns.AAAA, "::ffff:192.0.2.1"),
		set("vm1.example.org", "TXT", "hello"),
		set("vm1.notexample.org", dns.A, "192.0.2.10"),
	} {
		if r := l.one(z, c); !errors.Is(r.Err, dns.ErrRefused) || len(r.Err.Error()) < 20 {
			t.Errorf("%s %s %q: %+v", c.Name, c.Type, c.Add, r)
		}
		l.called()
	}
	for _, v := range []string{"", "localhost", "a_b.example.org", "ab--cd.example.org", "a..b", "vm1.example.org.", "with space.example.org"} {
		if r := l.one(rev, set("10."+reverse, dns.PTR, v)); !errors.Is(r.Err, dns.ErrRefused) {
			t.Errorf("PTR %q: %+v", v, r)
		}
		l.called()
	}
}

func TestH20_H26_internationalNames(t *testing.T) {
	t.Parallel()
	const zone = "xn--mnchen-3ya.example"
	l := newLab(t)
	l.fill("münchen.example") // as it was entered
	z := l.open(l.config(zone))
	host := set("xn--strae-oqa.sub."+zone, dns.A, "192.0.2.10")
	l.good(z, host)
	l.args(l.call(addCall), "cust", "münchen.example", "xn--strae-oqa.sub", "A", "192.0.2.10", "", "", "no", "300")
	if last := l.panel.Records("cust", "münchen.example")[2]; last.Name != "straße.sub" {
		t.Fatalf("the panel lists %q; the case needs it decoded", last.Name)
	}
	if r := l.good(z, host); r.Written || len(r.Found) != 1 {
		t.Errorf("again: %+v", r)
	}
	l.called(listCall) // the spelling is known by now
	host.TTL = 600
	if r := l.good(z, host); !r.Written {
		t.Errorf("TTL: %+v", r)
	}
	host.Add, host.Remove = []string{"192.0.2.11"}, host.Add
	l.good(z, host)
	l.serves("münchen.example", host.Name, dns.A, "192.0.2.11")
	if found := l.findings(l.open(l.config(zone))); found[1].Level != dns.OK || !strings.Contains(found[1].Text, "münchen.example") {
		t.Errorf("test: %+v", found)
	}
}

func TestH21_addressesAreComparedAsAddresses(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "VM1.EXAMPLE.ORG.", "AAAA", "2001:DB8::1", "300") // stored as written, full name with a dot
	if r := l.good(z, set("vm1.example.org", dns.AAAA, "2001:db8::1")); r.Written {
		t.Errorf("%+v", r)
	}
	l.called(listCall)
}

func TestH22_H23_serverURL(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fill(forward)
	base := strings.TrimSuffix(l.server.URL, "/")
	for _, tail := range []string{"", "/", "/api", "/api/", "/api/index.php", "/api/index.php/", "/login/", " "} {
		cfg := l.config(forward)
		cfg.Server = base + tail
		l.good(l.open(cfg), set("vm1.example.org", dns.A, "192.0.2.10"))
		if got := l.call(listCall).Path; got != "/api/index.php" {
			t.Errorf("%q: path %q", tail, got)
		}
	}
	for server, word := range map[string]string{
		"http://hestia.example.com:8083/": "https://", "hestia.example.com:8083": "", "": "URL",
		"https://admin:pw@hestia.example.com/": "own fields", "https://h.example.com/?a=b": "own fields",
	} {
		cfg := l.config(forward)
		cfg.Server = server
		if _, err := hestia.New(cfg, l.servers); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", server, err)
		}
	}
}

func TestH24_certificates(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.fill(forward)
	for name, c := range map[string]struct {
		pin, ca string
		good    bool
	}{
		"none":       {},
		"right pin":  {pin: strings.ToUpper(l.server.Fingerprint), good: true},
		"wrong pin":  {pin: strings.Repeat("ab", 32)},
		"authority":  {ca: l.server.CA, good: true},
		"pin and CA": {pin: strings.Repeat("ab", 32), ca: l.server.CA},
	} {
		cfg := l.config(forward)
		cfg.Fingerprint, cfg.CA = c.pin, c.ca
		z := l.open(cfg)
		if !c.good {
			l.fails(z, "reachable", l.server.Fingerprint)
			if r := l.one(z, set("vm1.example.org", dns.A, "192.0.2.10")); r.Err == nil || len(l.panel.Calls()) > 0 {
				t.Errorf("%s: %+v", name, r)
			}
			continue
		}
		if found := l.findings(z); found[len(found)-1].Level != dns.OK {
			t.Errorf("%s: %+v", name, found)
		}
	}
	for _, bad := range []hestia.Config{{Fingerprint: "abc"}, {CA: "no certificate"}} {
		cfg := l.config(forward)
		cfg.Fingerprint, cfg.CA = bad.Fingerprint, bad.CA
		if _, err := hestia.New(cfg, l.servers); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestH25_permanentRefusalsDiffer(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for name, c := range map[string]struct {
		breaks func(*hestiafake.State)
		want   error
		adds   int
	}{
		"suspended zone": {func(s *hestiafake.State) { s.Zone("cust", forward).Suspended = true }, dns.ErrRefused, 1},
		"package limit":  {func(s *hestiafake.State) { s.Users["cust"].Limit = 2 }, dns.ErrRefused, 1},
		"unknown zone":   {func(s *hestiafake.State) { delete(s.Users["cust"].Zones, forward) }, dns.ErrNoZone, 0},
	} {
		l := newLab(t)
		z := l.zone(forward)
		l.set(c.breaks)
		rs := l.apply(z, set("vm1.example.org", dns.A, "192.0.2.10"), set("vm2.example.org", dns.A, "192.0.2.11"))
		for _, r := range rs {
			if !errors.Is(r.Err, c.want) || r.Written {
				t.Errorf("%s: %+v", name, r)
			}
		}
		texts[rs[0].Err.Error()] = name
		if n := l.count(addCall); n != c.adds {
			t.Errorf("%s: %d adds, want %d: one refusal tells for all", name, n, c.adds)
		}
	}
	if len(texts) != 3 {
		t.Errorf("texts: %v", texts)
	}
}

// Deletes work in a suspended zone, and make room in a full one.
func TestH25_whatStillWorks(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "old", "A", "192.0.2.9", "300")
	l.set(func(s *hestiafake.State) { s.Users["cust"].Limit = 3 })
	for _, r := range l.apply(z, set("vm1.example.org", dns.A, "192.0.2.10"), drop("old.example.org", "192.0.2.9")) {
		if r.Err != nil || !r.Written {
			t.Errorf("full zone: %+v", r)
		}
	}
	l.set(func(s *hestiafake.State) { s.Zone("cust", forward).Suspended = true })
	if r := l.good(z, drop("vm1.example.org", "192.0.2.10")); !r.Written {
		t.Errorf("suspended zone: %+v", r)
	}
}

func TestH27_oneReloadForABatch(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "vm1", "A", "192.0.2.9", "300")
	l.put(forward, "vm2", "A", "192.0.2.9", "300")
	l.put(forward, "vm5", "A", "192.0.2.14", "60")
	l.set(func(s *hestiafake.State) { s.RestartFails = true })
	swap := set("vm1.example.org", dns.A, "192.0.2.10")
	swap.Remove = []string{"192.0.2.9"}
	rs := l.apply(z, swap, drop("vm2.example.org", "192.0.2.9"), set("vm3.example.org", dns.A, "192.0.2.12"),
		set("vm4.example.org", dns.AAAA, "2001:db8::1"), set("vm5.example.org", dns.A, "192.0.2.14"))
	for _, r := range rs {
		if r.Err != nil || !r.Written || !strings.Contains(r.Warning, "code 20") {
			t.Errorf("%+v", r)
		}
	}
	restarts := map[string]string{addCall: "arg8", setCall: "arg8", delCall: "arg4"}
	for _, c := range l.panel.Calls() {
		if arg, ok := restarts[c.Cmd]; ok && c.Args[arg] != "no" {
			t.Errorf("%s restarts %q", c.Cmd, c.Args[arg])
		}
	}
	l.called(listCall, setCall, addCall, addCall, setCall, delCall, reload, listCall)
	l.args(l.call(reload))
}

func TestH28_TTL(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	id := l.put(forward, "vm1", "A", "192.0.2.10", "") // the zone's
	vm := set("vm1.example.org", dns.A, "192.0.2.10")
	if r := l.good(z, vm); !r.Written {
		t.Errorf("%+v", r)
	}
	l.args(l.call(setCall), "cust", forward, strconv.Itoa(id), "vm1", "A", "192.0.2.10", "", "no", "300")
	if _, ttl, _ := l.panel.Served("cust", forward, vm.Name, "A"); ttl != 300 {
		t.Errorf("TTL %d", ttl)
	}
	vm.TTL = 600
	l.set(func(s *hestiafake.State) { s.Faults = []hestiafake.Fault{{Cmd: setCall, Code: "4"}} }) // no pending changes
	if r := l.one(z, vm); r.Err == nil || dns.Lasting(r.Err) {
		t.Errorf("the list contradicts the code: %+v", r)
	}
	l.good(z, vm)
}

func TestH30_deleteOfWhatIsGone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.put(forward, "vm1", "A", "192.0.2.10", "300")
	l.set(func(s *hestiafake.State) { s.Faults = []hestiafake.Fault{{Cmd: delCall, Done: true, Code: "3"}} })
	if r := l.good(z, drop("vm1.example.org", "192.0.2.10")); len(r.Stuck) > 0 {
		t.Errorf("%+v", r)
	}
	l.serves(forward, "vm1.example.org", dns.A)
	if n := l.count(delCall); n != 1 {
		t.Errorf("%d deletes, want 1", n)
	}
}
