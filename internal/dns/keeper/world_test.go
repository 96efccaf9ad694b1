package keeper_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

// book is the real one, over MariaDB.
type book struct {
	*ledger.Ledger
	*zonebook.Book
}

func (book) Instance(context.Context) (string, error) { return "test", nil }

// server is a provider that keeps its records in memory and misbehaves as it is told.
type server struct {
	mu      sync.Mutex
	values  map[string][]string // name/type -> values
	calls   int
	busy    int
	most    int           // calls at once
	delay   time.Duration // of every call
	refuse  error         // what every change is answered with
	lost    int           // that many calls are carried out and answered with an error
	blocked chan struct{}
	panics  bool
}

func (s *server) Test(context.Context) []dns.Finding { return nil }

func (s *server) Apply(ctx context.Context, changes []dns.Change) []dns.Result {
	s.mu.Lock()
	s.calls++
	s.busy++
	s.most = max(s.most, s.busy)
	s.mu.Unlock()
	defer func() { s.mu.Lock(); s.busy--; s.mu.Unlock() }()
	if s.panics {
		panic("a bug of the provider")
	}
	if s.blocked != nil {
		select {
		case <-s.blocked:
		case <-ctx.Done():
		}
	}
	if s.delay > 0 {
		_ = clock.Sleep(ctx, clock.System{}, s.delay)
	}
	results := make([]dns.Result, len(changes))
	for i, c := range changes {
		results[i] = s.apply(c)
	}
	return results
}

func (s *server) apply(c dns.Change) (r dns.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return dns.Result{Err: s.refuse}
	}
	key := c.Name + "/" + string(c.Type)
	for _, v := range c.Add {
		if slices.Contains(s.values[key], v) {
			r.Found = append(r.Found, v)
			continue
		}
		s.values[key], r.Written = append(s.values[key], v), true
	}
	s.values[key] = slices.DeleteFunc(s.values[key], func(v string) bool {
		return slices.Contains(c.Remove, v) && !slices.Contains(c.Add, v)
	})
	if len(s.values[key]) == 0 {
		delete(s.values, key)
	}
	if s.lost > 0 {
		s.lost--
		return dns.Result{Found: r.Found, Err: errors.New("the connection broke before the answer")}
	}
	return r
}

func (s *server) has(name string, t dns.Type) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.values[name+"/"+string(t)]))
}

func (s *server) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

func (s *server) set(change func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// world is a database with zones, and the servers behind them by zone id.
type world struct {
	t       *testing.T
	db      *testdb.DB
	zones   *zonebook.Book
	clk     clock.Clock
	servers map[int64]*server
}

// speed is how many times faster than real time these worlds run.
const speed = 60

func newWorld(t *testing.T, names ...string) *world {
	t.Helper()
	w := &world{t: t, db: testdb.New(t), clk: clock.NewScaled(speed), servers: map[int64]*server{}}
	box, err := seal.New([]byte("a key for these tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	w.zones = zonebook.New(w.db.SQL, box)
	for i, name := range names {
		w.zone(name, "http://192.0.2."+string(rune('1'+i))+":8081")
	}
	return w
}

func (w *world) zone(name, address string) int64 {
	w.t.Helper()
	id, err := w.zones.SaveDNSZone(w.t.Context(), zones.Zone{
		Name: name, Provider: "powerdns", TTL: 300, Fields: map[string]string{"server": address, "api_key": "marker-secret"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.servers[id] = &server{values: map[string][]string{}}
	return id
}

// keeper is one process's, working until the test ends or stop is called.
func (w *world) keeper(holder string) (k *keeper.Keeper, stop func()) {
	k = keeper.New(keeper.Config{
		Book: book{ledger.New(w.db.SQL, holder), w.zones}, Clock: w.clk, Log: slog.New(slog.DiscardHandler),
		Open: func(z zones.Zone) (dns.Provider, error) { return w.servers[z.ID], nil },
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { k.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return k, stop
}

func guest(service int64, name string, addresses ...string) dns.Guest {
	g := dns.Guest{ServiceID: service, FQDN: name}
	for _, s := range addresses {
		a := netip.MustParseAddr(s)
		g.Addresses = append(g.Addresses, dns.Reverse{Addr: a})
		if a.Is4() && !g.Main.IsValid() {
			g.Main = a
		}
		if a.Is6() && !g.First6.IsValid() {
			g.First6 = a
		}
	}
	return g
}

func (w *world) sync(k *keeper.Keeper, g dns.Guest) dns.Report {
	w.t.Helper()
	r, err := k.Sync(w.t.Context(), g, speed*20*time.Second)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) rows() string {
	return w.db.Text(w.t, `SELECT COALESCE(GROUP_CONCAT(service_id, ' ', zone_id, ' ', name, ' ', type, ' ', content, ' ', state, ' ', COALESCE(last_error, ''),
		IF(due_at IS NULL, '', ' due') ORDER BY id SEPARATOR '\n'), '') FROM kvmbridge_dns_records`)
}

func (w *world) await(what string, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("no %s; the ledger says\n%s", what, w.rows())
		}
	}
}
