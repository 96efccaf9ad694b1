package keeper_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

const (
	forward = "example.net"
	reverse = "2.0.192.in-addr.arpa"
	vm      = "vm-9.example.net"
)

func TestSync_writesWhatAGuestShouldHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	k, _ := w.keeper("a")
	r := w.sync(k, guest(9, vm, "192.0.2.10", "192.0.2.11", "2001:db8::5"))
	want := []string{
		"fwd OK [powerdns] example.net ← vm-9.example.net (2 IPs)",
		"rev OK [powerdns] 2.0.192.in-addr.arpa ← 192.0.2.10 → vm-9.example.net",
		"rev OK [powerdns] 2.0.192.in-addr.arpa ← 192.0.2.11 → vm-9.example.net",
	}
	if diff := cmp.Diff(want, r.Lines); diff != "" || r.Failed() || r.Pending != 0 || r.ForwardOK != 1 || r.ReverseOK != 2 {
		t.Errorf("report %+v\n%s", r, diff)
	}
	if a, aaaa, ptr := w.servers[1].has(vm, dns.A), w.servers[1].has(vm, dns.AAAA), w.servers[2].has("11."+reverse, dns.PTR); fmt.Sprint(a, aaaa, ptr) != "[192.0.2.10] [2001:db8::5] [vm-9.example.net]" {
		t.Errorf("the servers hold %v %v %v", a, aaaa, ptr)
	}
}

// What a guest no longer has goes, in zones that it left too; values of others stay.
func TestSync_removesWhatIsStaleAndOnlyThat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	w.servers[1].values[vm+"/A"] = []string{"203.0.113.99"}
	k, _ := w.keeper("a")
	w.sync(k, guest(9, vm, "192.0.2.10", "192.0.2.11"))
	r := w.sync(k, guest(9, "new.example.net", "192.0.2.11"))
	if a, n, p := w.servers[1].has(vm, dns.A), w.servers[1].has("new.example.net", dns.A), w.servers[2].has("10."+reverse, dns.PTR); fmt.Sprint(a, n, p) != "[203.0.113.99] [192.0.2.11] []" {
		t.Errorf("the servers hold %v %v %v", a, n, p)
	}
	for _, line := range []string{
		"fwd-del OK [powerdns] example.net ← vm-9.example.net", "rev-del OK [powerdns] 2.0.192.in-addr.arpa ← 192.0.2.10",
		"rev OK [powerdns] 2.0.192.in-addr.arpa ← 192.0.2.11 → new.example.net",
	} {
		if !slices.Contains(r.Lines, line) {
			t.Errorf("no line %q in\n%s", line, strings.Join(r.Lines, "\n"))
		}
	}
	w.sync(k, dns.Guest{ServiceID: 9})
	if w.rows() != "" || w.servers[2].size() != 0 || fmt.Sprint(w.servers[1].has(vm, dns.A)) != "[203.0.113.99]" {
		t.Errorf("after the end: ledger %q, reverse zone %v, forward %v", w.rows(), w.servers[2].values, w.servers[1].values)
	}
}

// A value that was there before us is not ours to remove.
func TestSync_leavesWhatItFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward)
	w.servers[1].values[vm+"/A"] = []string{"192.0.2.10"}
	k, _ := w.keeper("a")
	w.sync(k, guest(9, vm, "192.0.2.10"))
	w.sync(k, dns.Guest{ServiceID: 9})
	if got := w.servers[1].has(vm, dns.A); len(got) != 1 || w.rows() != "" {
		t.Errorf("the server holds %v, the ledger %q", got, w.rows())
	}
}

// One zone that is down holds up neither the others nor the caller; its records follow when it is back.
func TestSync_goesOnWithoutAZoneThatIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	w.servers[1].refuse = errors.New("502 from the server")
	k, _ := w.keeper("a")
	r := w.sync(k, guest(9, vm, "192.0.2.10"))
	if r.ForwardErr != 1 || r.ReverseOK != 1 || !strings.Contains(strings.Join(r.Errors, " "), "fwd ERR [powerdns] example.net ← vm-9.example.net (1 IPs): 502 from the server") {
		t.Fatalf("report %+v", r)
	}
	if got := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE kind = 'note' AND subject = 'dns'"); got != "1" {
		t.Errorf("%s notes for the module log, want 1", got)
	}
	w.servers[1].set(func(s *server) { s.refuse = nil })
	w.await("record in the zone that came back", func() bool { return len(w.servers[1].has(vm, dns.A)) == 1 })
	w.await("ledger without trouble", func() bool { return !strings.Contains(w.rows(), "pending") && !strings.Contains(w.rows(), "502") })
}

// A service that ends while its records cannot be written leaves nothing behind: not what failed, not what was lost.
func TestSync_endsWhatIsStillPending(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	w.servers[1].lost, w.servers[2].refuse = 1, errors.New("away")
	k, _ := w.keeper("a")
	w.sync(k, guest(9, vm, "192.0.2.10"))
	if got := w.servers[1].has(vm, dns.A); len(got) != 1 {
		t.Fatalf("the server holds %v: the test wants a write whose answer was lost", got)
	}
	r := w.sync(k, dns.Guest{ServiceID: 9})
	w.servers[2].set(func(s *server) { s.refuse = nil })
	w.await("empty ledger", func() bool { return w.rows() == "" })
	if w.servers[1].size()+w.servers[2].size() != 0 {
		t.Errorf("left behind: %v %v; the report was %+v", w.servers[1].values, w.servers[2].values, r)
	}
}

// Nobody waits for a slow provider longer than he wants to.
func TestSync_waitsNoLongerThanItsPatience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward)
	w.servers[1].blocked = make(chan struct{})
	k, _ := w.keeper("a")
	began := w.clk.Now()
	r, err := k.Sync(t.Context(), guest(9, vm, "192.0.2.10"), time.Second)
	if took := w.clk.Now().Sub(began); err != nil || took > 30*time.Second || r.Pending != 1 || r.Failed() {
		t.Errorf("%+v, %v after %s; want one record on its way, without an error", r, err, took)
	}
	if want := "fwd LATER [powerdns] example.net ← vm-9.example.net (1 IPs)"; !slices.Contains(r.Lines, want) {
		t.Errorf("lines %q, want %q", r.Lines, want)
	}
	close(w.servers[1].blocked)
	w.await("record", func() bool { return len(w.servers[1].has(vm, dns.A)) == 1 })
}

// An order that changes while its records are being written is what counts in the end.
func TestSync_whileTheOldOrderIsCarriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward)
	w.servers[1].blocked = make(chan struct{})
	k, _ := w.keeper("a")
	for _, g := range []dns.Guest{guest(9, vm, "192.0.2.10"), guest(9, vm, "192.0.2.11"), {ServiceID: 9}, guest(9, vm, "192.0.2.12")} {
		if _, err := k.Sync(t.Context(), g, time.Second); err != nil {
			t.Fatal(err)
		}
		w.await("call under way", func() bool { w.servers[1].mu.Lock(); defer w.servers[1].mu.Unlock(); return w.servers[1].busy > 0 })
	}
	close(w.servers[1].blocked)
	w.await("end of the work", func() bool {
		return fmt.Sprint(w.servers[1].has(vm, dns.A)) == "[192.0.2.12]" && !strings.Contains(w.rows(), "pending") && !strings.Contains(w.rows(), "due")
	})
}

// Two processes with orders for one server: never two calls at once, and everything is written.
func TestRun_oneProcessAtATimePerServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward)
	w.servers[1].delay = 5 * time.Millisecond
	a, _ := w.keeper("a")
	b, _ := w.keeper("b")
	var wg sync.WaitGroup
	for i := range 20 {
		k := a
		if i%2 == 0 {
			k = b
		}
		wg.Go(func() {
			if _, err := k.Sync(t.Context(), guest(int64(i+1), fmt.Sprintf("vm-%d.example.net", i), fmt.Sprintf("192.0.2.%d", i+1)), time.Second); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.await("20 names", func() bool { return w.servers[1].size() == 20 })
	w.await("quiet ledger", func() bool { return !strings.Contains(w.rows(), "pending") })
	if w.servers[1].most != 1 {
		t.Errorf("%d calls at once", w.servers[1].most)
	}
}

// A process that is stopped in the middle of a call, without a word, loses nothing: another one goes on.
func TestRun_anotherProcessGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward)
	w.servers[1].blocked = make(chan struct{})
	a, stop := w.keeper("a")
	if _, err := a.Sync(t.Context(), guest(9, vm, "192.0.2.10"), time.Second); err != nil {
		t.Fatal(err)
	}
	w.await("call under way", func() bool { w.servers[1].mu.Lock(); defer w.servers[1].mu.Unlock(); return w.servers[1].busy > 0 })
	stop()
	w.db.Exec(t, "INSERT INTO kvmbridge_turns (name, holder, until) VALUES (SHA2('dns powerdns http://192.0.2.1:8081', 256), 'dead', ?)", w.clk.Now().Add(20*time.Second))
	close(w.servers[1].blocked)
	w.servers[1].set(func(s *server) { s.values = map[string][]string{} })
	w.keeper("b")
	w.await("record", func() bool { return len(w.servers[1].has(vm, dns.A)) == 1 && !strings.Contains(w.rows(), "due") })
}

// The reverse name of an address goes with the address, whoever had it before; and there is never a second one.
func TestSync_reverseNamesFollowTheirAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, reverse)
	k, _ := w.keeper("a")
	w.sync(k, guest(9, vm, "192.0.2.10"))
	w.sync(k, guest(10, "vm-10.example.net", "192.0.2.10"))
	if got := w.servers[1].has("10."+reverse, dns.PTR); fmt.Sprint(got) != "[vm-10.example.net]" {
		t.Errorf("reverse names %v", got)
	}
	w.sync(k, dns.Guest{ServiceID: 9})
	if got := w.servers[1].has("10."+reverse, dns.PTR); fmt.Sprint(got) != "[vm-10.example.net]" {
		t.Errorf("reverse names %v after the end of the former owner", got)
	}
}

// A zone whose entry was removed is never called again; what is ours there is shown.
func TestRun_neverCallsARemovedZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	k, _ := w.keeper("a")
	w.sync(k, guest(9, vm, "192.0.2.10"))
	w.db.Exec(t, "DELETE FROM puq_proxmox_kvm_dns_zones WHERE id = 1")
	calls := w.servers[1].calls
	w.sync(k, dns.Guest{ServiceID: 9})
	time.Sleep(50 * time.Millisecond)
	if w.servers[1].calls != calls || w.servers[2].size() != 0 || !strings.Contains(w.rows(), "9 1 "+vm) {
		t.Errorf("%d calls of the removed zone, reverse zone %v, ledger %q", w.servers[1].calls-calls, w.servers[2].values, w.rows())
	}
}

func TestSync_saysWhatNoRecordCanBeMadeOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	k, _ := w.keeper("a")
	g := guest(9, "vm 9.example.net", "192.0.2.10")
	g.Addresses[0].Name = "mail.example.org"
	r := w.sync(k, g)
	if !r.Failed() || r.ReverseOK != 1 || !strings.Contains(strings.Join(r.Lines, " "), `dns ERR the name "vm 9.example.net"`) {
		t.Errorf("report %+v", r)
	}
}

// The end of a service is no trouble.
func TestSync_endsWithoutAWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward)
	k, _ := w.keeper("a")
	w.sync(k, guest(9, vm, "192.0.2.10"))
	r := w.sync(k, dns.Guest{ServiceID: 9})
	if want := []string{"fwd-del OK [powerdns] " + forward + " ← " + vm}; r.Failed() || fmt.Sprint(r.Lines) != fmt.Sprint(want) {
		t.Errorf("lines %q, errors %q; want %q", r.Lines, r.Errors, want)
	}
}

// A zone whose secret cannot be read says so at its records, and is in nobody's way.
func TestSync_aZoneWithAnUnreadableSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, reverse)
	box, err := seal.New([]byte("another key, of an installation before"))
	if err != nil {
		t.Fatal(err)
	}
	mine := w.zones
	w.zones = zonebook.New(w.db.SQL, box)
	w.zone(forward, "http://192.0.2.9:8081")
	w.zones = mine
	k, _ := w.keeper("a")
	r := w.sync(k, guest(9, vm, "192.0.2.10"))
	if got := strings.Join(r.Errors, " "); r.ReverseOK != 1 || r.ForwardErr != 1 || !strings.Contains(got, "enter it again") {
		t.Errorf("%+v", r)
	}
	if w.servers[2].calls != 0 {
		t.Error("the zone was called all the same")
	}
}

// A provider that always ends in a panic is not asked without end, and holds up no other zone.
func TestRun_aProviderWithABug(t *testing.T) {
	t.Parallel()
	w := newWorld(t, forward, reverse)
	w.servers[1].panics = true
	k, _ := w.keeper("a")
	if r, err := k.Sync(t.Context(), guest(9, vm, "192.0.2.10"), speed*time.Second); err != nil || r.ReverseOK != 1 || r.Pending != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	w.servers[1].set(func(s *server) {
		if s.calls > 30 { // a second, in which it is looked at every 5/60
			t.Errorf("%d calls within a second", s.calls)
		}
	})
}
