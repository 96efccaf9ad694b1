package vm_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// nameserver is a provider of all zones that keeps records in memory.
type nameserver struct {
	mu      sync.Mutex
	records map[string]bool // "name type value"
	down    bool
}

func (n *nameserver) Test(context.Context) []dns.Finding { return nil }

func (n *nameserver) Apply(_ context.Context, changes []dns.Change) []dns.Result {
	n.mu.Lock()
	defer n.mu.Unlock()
	results := make([]dns.Result, len(changes))
	for i, c := range changes {
		if n.down {
			results[i].Err = errors.New("the name server is away")
			continue
		}
		for _, v := range c.Add {
			n.records[c.Name+" "+string(c.Type)+" "+v] = true
		}
		for _, v := range c.Remove {
			delete(n.records, c.Name+" "+string(c.Type)+" "+v)
		}
	}
	return results
}

func (n *nameserver) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []string
	for r := range n.records {
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

func (n *nameserver) turn(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

type dnsBook struct {
	*ledger.Ledger
	*zonebook.Book
}

func (dnsBook) Instance(context.Context) (string, error) { return "test", nil }

// withDNS gives the world zones at one name server, and a keeper.
func (w *world) withDNS(names ...string) *nameserver {
	w.t.Helper()
	box, err := seal.New([]byte("a key for these tests, long enough"))
	must(w.t, err)
	book := zonebook.New(w.db.SQL, box)
	for _, name := range names {
		_, err := book.SaveDNSZone(w.t.Context(), zones.Zone{Name: name, Provider: "powerdns", TTL: 300, Fields: map[string]string{"server": "http://192.0.2.53:8081", "api_key": "k"}})
		must(w.t, err)
	}
	n := &nameserver{records: map[string]bool{}}
	k := keeper.New(keeper.Config{
		Book: dnsBook{ledger.New(w.db.SQL, "test"), book}, Clock: w.clk, Log: slog.New(slog.DiscardHandler),
		Open: func(zones.Zone) (dns.Provider, error) { return n, nil },
	})
	w.steps.Directory, w.desk.Directory = k, k
	w.steps.Settings.DNSPatience = speed * 5 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { k.Run(ctx); close(done) }()
	w.t.Cleanup(func() { cancel(); <-done })
	return n
}

const (
	testDomain  = `"main_domain":"example.net"`
	testReverse = "2.0.192.in-addr.arpa"
)

// records is what a guest of these worlds should have.
func records(m vm.Machine, v4 ...int) []string {
	fqdn := m.Domain
	list := []string{fmt.Sprintf("%s A 192.0.2.%d", fqdn, v4[0]), fqdn + " AAAA 2001:db8::10"}
	for _, n := range v4 {
		list = append(list, fmt.Sprintf("%d.%s PTR %s", n, testReverse, fqdn))
	}
	slices.Sort(list)
	return list
}

// DNS follows a guest through its life: made with it, changed with its addresses, kept by a reinstall, gone in the end.
func TestDNS_followsTheGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	n := w.withDNS("example.net", testReverse)
	m := w.deploy(modest(10_000))
	is := func(want []string) func() bool { return func() bool { return slices.Equal(n.all(), want) } }
	w.await("records of the new guest", 20*time.Second, is(records(m, 10)))
	if got := w.db.Text(t, "SELECT GROUP_CONCAT(details) FROM kvmbridge_run_steps WHERE to_status = 'set_dns'"); !strings.Contains(got, "fwd OK [powerdns] example.net ← "+m.Domain+" (2 IPs)") || !strings.Contains(got, "rev_ok: 1") {
		t.Errorf("the run's log tells %q", got)
	}
	runs, err := w.store.Runs(t.Context(), m.ServiceID, 1)
	if must(t, err); len(runs[0].Steps[2].Details) != 3 || len(runs[0].Steps[3].Details) != 0 {
		t.Errorf("the steps tell %q and %q", runs[0].Steps[2].Details, runs[0].Steps[3].Details)
	}
	w.awaitIdle()
	w.product(m.ServiceID, `"ipv4":1`, `"ipv4":3`)
	must(t, w.desk.ChangePackage(t.Context(), m.ServiceID))
	w.await("records of two more addresses", 40*time.Second, is(records(m, 10, 11, 12)))
	w.awaitIdle()
	w.product(m.ServiceID, `"ipv4":3`, `"ipv4":2`)
	must(t, w.desk.ChangePackage(t.Context(), m.ServiceID))
	w.await("records of one address less", 40*time.Second, is(records(m, 10, 11)))
	w.awaitIdle()
	must(t, w.desk.Reinstall(t.Context(), m.ServiceID))
	w.await("reinstall", 20*time.Second, func() bool { return w.machine(m.ServiceID).Status != vm.Ready })
	w.awaitStatus(m.ServiceID, vm.Ready)
	if !is(records(m, 10, 11))() {
		t.Errorf("after the reinstall the server holds %v", n.all())
	}
	w.awaitIdle()
	must(t, w.desk.Terminate(t.Context(), m.ServiceID))
	w.awaitStatus(m.ServiceID, vm.Removed)
	w.await("empty server", 20*time.Second, is(nil))
	if rows := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_dns_records"); rows != "0" {
		t.Errorf("%s rows in the ledger, want none", rows)
	}
}

// A name server that is away is in nobody's way: not of a deploy, not of a termination; its records follow.
func TestDNS_isNeverInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	n := w.withDNS("example.net", testReverse)
	n.turn(true)
	m := w.deploy(modest(10_000))
	if got := w.db.Text(t, "SELECT GROUP_CONCAT(details) FROM kvmbridge_run_steps WHERE to_status = 'set_dns'"); !strings.Contains(got, "fwd ERR [powerdns] example.net") || !strings.Contains(got, "the name server is away") {
		t.Errorf("the run's log tells %q", got)
	}
	n.turn(false)
	w.await("records that were late", 40*time.Second, func() bool { return slices.Equal(n.all(), records(m, 10)) })
	w.awaitIdle()
	n.turn(true)
	must(t, w.desk.Terminate(t.Context(), m.ServiceID))
	w.awaitStatus(m.ServiceID, vm.Removed)
	n.turn(false)
	w.await("empty server", 40*time.Second, func() bool { return len(n.all()) == 0 })
}
