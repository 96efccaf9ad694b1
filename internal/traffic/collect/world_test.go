package collect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	ledger "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
)

// stepped is a clock that a test moves.
type stepped struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stepped) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stepped) After(d time.Duration) <-chan time.Time {
	ring := make(chan time.Time, 1)
	ring <- c.pass(d)
	return ring
}

func (c *stepped) pass(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return c.now
}

// site is a cluster that a test can silence.
type site struct {
	hypervisor.Cluster
	sim       *pvesim.Sim
	silent    bool  // nothing answers
	averages  error // what the question for averages gives
	asked     atomic.Int64
	forgotten map[int]bool // guests that are not on the list
}

func (s *site) Resources(ctx context.Context) (hypervisor.Resources, error) {
	if s.silent {
		return hypervisor.Resources{}, errors.New("nobody answers")
	}
	r, err := s.Cluster.Resources(ctx)
	var guests []hypervisor.GuestRef
	for _, g := range r.Guests {
		if !s.forgotten[g.VMID] {
			guests = append(guests, g)
		}
	}
	r.Guests = guests
	return r, err
}

func (s *site) Averages(ctx context.Context, node string, vmid int, since time.Time) ([]hypervisor.Average, error) {
	s.asked.Add(1)
	if s.averages != nil {
		return nil, s.averages
	}
	return s.Cluster.Averages(ctx, node, vmid, since)
}

// world is two clusters with services that have running guests: 2000 bytes come in and 900 go out of each in a second.
type world struct {
	t     *testing.T
	db    *testdb.DB
	clock *stepped
	sites map[int64]*site
	ids   []int64 // of the services, by server
	terms collect.Terms
	// asking is called when a cluster is about to be asked.
	asking func()
	*collect.Collector
}

const (
	inRate  = 2000
	outRate = 900
)

func start() time.Time { return time.Date(2031, 4, 5, 12, 0, 0, 0, time.UTC) }

func newWorld(t *testing.T, guests int) *world {
	t.Helper()
	w := &world{t: t, db: testdb.New(t), clock: &stepped{now: start()}, sites: map[int64]*site{}, terms: collect.Terms{Zone: time.UTC}}
	client, product := w.db.Client(t, "Ada", "Byron"), w.db.Product(t, "{}")
	for _, name := range []string{"a", "b"} {
		server := w.db.Server(t, name)
		w.sites[server] = w.site(guests)
		for i := range guests {
			id := w.db.Service(t, client, product, server)
			w.db.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, ?, 'ready')", id, 100+i)
			w.db.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at) VALUES (?, ?, ?)", id, server, start().Add(-time.Hour))
			w.ids = append(w.ids, id)
		}
	}
	w.Collector = &collect.Collector{
		Ledger: ledger.New(w.db.Store(t).Handle()), Fleet: w, Clock: w.clock,
		Terms: func(context.Context) (collect.Terms, error) { return w.terms, nil },
	}
	return w
}

func (w *world) site(guests int) *site {
	w.t.Helper()
	cfg := pvesim.Demo(w.clock)
	cfg.Durations = pvesim.NoDurations()
	for i := range guests {
		cfg.Guests = append(cfg.Guests, pvesim.GuestConfig{VMID: 100 + i, Node: "pve1", Running: true})
	}
	s := &site{sim: pvesim.New(cfg), forgotten: map[int]bool{}}
	server := httptest.NewServer(s.sim)
	w.t.Cleanup(server.Close)
	c, err := proxmox.New(proxmox.Config{
		URL: server.URL, Auth: proxmox.Auth{TokenID: pvesim.DemoTokenID, Secret: pvesim.DemoTokenSecret}, Clock: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	s.Cluster = c
	return s
}

// Cluster implements collect.Fleet.
func (w *world) Cluster(_ context.Context, serverID int64) (hypervisor.Cluster, error) {
	if w.asking != nil {
		w.asking()
	}
	if s := w.sites[serverID]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("no server %d", serverID)
}

// first is the first server.
func (w *world) first() *site {
	for id, s := range w.sites {
		if w.sites[id-1] == nil {
			return s
		}
	}
	return nil
}

// after lets time pass and collects.
func (w *world) after(d time.Duration, processed, failed int) []string {
	w.t.Helper()
	w.clock.pass(d)
	p, f, details, err := w.Collect(w.t.Context())
	if err != nil || p != processed || f != failed {
		w.t.Fatalf("at %v: %d processed, %d errors, %v, want %d and %d:\n%s", w.clock.Now(), p, f, err, processed, failed, strings.Join(details, "\n"))
	}
	return details
}

// state is what is counted of the nth service.
func (w *world) state(n int) traffic.Account {
	w.t.Helper()
	list, err := w.Ledger.Accounts(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range list {
		if a.ServiceID == w.ids[n] {
			return a
		}
	}
	w.t.Fatalf("service %d has no account", n)
	return traffic.Account{}
}

// booked checks what all hours of the nth service hold, the open one included: so many seconds' worth, and how many of them
// estimated.
func (w *world) booked(n int, total, estimated time.Duration) {
	w.t.Helper()
	a := w.state(n)
	sums, err := w.Ledger.Sum(w.t.Context(), []int64{a.ServiceID}, time.Time{}.AddDate(1000, 0, 0))
	if err != nil {
		w.t.Fatal(err)
	}
	sum := sums[a.ServiceID]
	v, e := sum.Plus(a.Open.Volume), sum.Estimated+a.Open.Estimated
	sec, est := uint64(total/time.Second), uint64(estimated/time.Second)
	if v != (traffic.Volume{In: sec * inRate, Out: sec * outRate}) || e != est*(inRate+outRate) {
		w.t.Errorf("service %d: %v s in, %v s out, %v s estimated; want %d, %d estimated", n,
			float64(v.In)/inRate, float64(v.Out)/outRate, float64(e)/(inRate+outRate), sec, est)
	}
	if a.Month.Volume != v && a.Month.From.Before(start()) {
		w.t.Errorf("service %d: the month has %+v, hours %+v", n, a.Month, v)
	}
}
