package vm_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// patience is for what a busy machine takes long for; it guards against what never ends.
const patience = 6 * time.Minute

// speed is how many times faster than real time the worlds of these tests run.
const speed = 60

// world is a database, a simulated cluster and a desk to order at.
type world struct {
	t      *testing.T
	clk    clock.Clock
	lease  time.Duration // of every store and engine; a busy machine renews late, and the fast clock does not wait
	hook   settler       // sees the settlements of a process that a test starts
	conns  int           // of every process to the database; 0 = few
	undo   time.Duration // of terminations, see grantUndo
	srv    *pvesim.Server
	db     *testdb.DB
	store  *store.DB
	whmcs  *whmcs.DB
	sim    *pvesim.Sim
	calls  atomic.Int64
	steps  *vm.Steps
	desk   *desk.Desk
	server int64
	client int64
	pool   ippool.Pool
}

// fleet is the one cluster of a world.
type fleet struct{ cluster *proxmox.Cluster }

func (f fleet) Cluster(context.Context, int64) (hypervisor.Cluster, error) { return f.cluster, nil }

func newWorld(t *testing.T, change ...func(*pvesim.Config)) *world {
	t.Helper()
	return newWorldAt(t, clock.NewScaled(speed), speed*3*time.Second, change...)
}

// newWorldAt is a world whose time is told by clk.
func newWorldAt(t *testing.T, clk clock.Clock, lease time.Duration, change ...func(*pvesim.Config)) *world {
	t.Helper()
	w := &world{t: t, clk: clk, db: testdb.New(t), lease: lease}
	w.store = w.newStore()
	w.whmcs = whmcs.New(w.store.Handle())
	cfg := pvesim.Demo(w.clk)
	for _, c := range change {
		c(&cfg)
	}
	w.sim = pvesim.New(cfg)
	srv, err := w.sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	w.srv = srv
	w.steps = w.newSteps(w.store, w.connect(srv))
	w.desk = &desk.Desk{Catalogue: w.whmcs, Registry: w.store, Fleet: w.steps.Fleet, Clock: w.clk, Random: random(1), Wake: func() {}, Interrupt: func(int64) {}}
	w.server = w.db.Server(t, "cluster")
	w.client = w.db.Client(t, "Jane", "Doe")
	w.pool = ippool.Pool{ServerID: w.server, First: netip.MustParseAddr("192.0.2.10"), Last: netip.MustParseAddr("192.0.2.250"), Network: ippool.Network{
		Bridge: "vmbr0", Bits: 24, Gateway: netip.MustParseAddr("192.0.2.1"), DNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
	}}
	w.db.Pool(t, w.pool)
	w.db.Pool(t, ippool.Pool{ServerID: w.server, First: netip.MustParseAddr("2001:db8::10"), Last: netip.MustParseAddr("2001:db8::ffff"), Network: ippool.Network{
		Bridge: "vmbr0", Bits: 64, Gateway: netip.MustParseAddr("2001:db8::1"),
	}})
	return w
}

func random(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func (w *world) newStore() *store.DB {
	return w.db.Store(w.t, func(c *store.Config) { c.Clock, c.Lease = w.clk, w.lease })
}

func (w *world) connect(srv *pvesim.Server) *proxmox.Cluster {
	w.t.Helper()
	auth, err := proxmox.ParseAuth(pvesim.DemoTokenID, pvesim.DemoTokenSecret)
	if err != nil {
		w.t.Fatal(err)
	}
	trust, err := proxmox.ParseTrust(srv.Fingerprint())
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := proxmox.New(proxmox.Config{Name: "sim", URL: srv.URL(), Auth: auth, Trust: trust, Calls: &w.calls, Clock: w.clk})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) newSteps(s *store.DB, c *proxmox.Cluster) *vm.Steps {
	return &vm.Steps{
		Fleet: fleet{c}, Catalogue: whmcs.New(s.Handle()), Addresses: s, Numbers: s, Registry: s, Clock: w.clk, Random: random(2),
		Settings: vm.Settings{Migrate: always, MigrationTimeout: lasting(5 * time.Minute), CloneTimeout: 10 * time.Minute, Undo: w.undo},
	}
}

func always(context.Context) bool { return true }

func never(context.Context) bool { return false }

func lasting(d time.Duration) func(context.Context) time.Duration {
	return func(context.Context) time.Duration { return d }
}

// standard is a product with static addresses, a bigger disk and a second one.
const standard = `{"vm":{"template":9000,"cpu":2,"ram_gb":2,"first_vmid":100},
	"network":{"ipv4":2,"ipv6":1,"dhcp4":false,"dhcp6":false,"bandwidth_mbps":12},
	"system_disk":{"size_gb":20,"read_mbps":100,"write_iops":500},
	"additional_disk":{"size_gb":10,"read_iops":900},
	"integrations":{"main_domain":"example.net"}}`

// order places one order of a product with these settings and returns the service.
func (w *world) order(settings string) int64 {
	w.t.Helper()
	id := w.db.Service(w.t, w.client, w.db.Product(w.t, settings), w.server)
	if err := w.desk.Create(w.t.Context(), id, "Secret-123"); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// engine over steps.
func (w *world) engine(s pipeline.Store[vm.Machine], steps *vm.Steps) *pipeline.Engine[vm.Machine] {
	w.t.Helper()
	cfg := pipeline.Config[vm.Machine]{
		Store: s, Tables: steps.Tables(), Prepare: steps.Prepare, Clock: w.clk, Random: rand.Float64,
		State:    vm.Position,
		Failures: func(m *vm.Machine) (int, time.Time) { return m.Failures, m.FailingSince },
		Lanes:    pipeline.NewLanes(map[string]int{"clone": 2, "migrate": 2, "start": 4}),
		Log:      slog.New(slog.DiscardHandler),
		Retry:    20 * time.Second,
		Lease:    w.lease,
	}
	e, err := pipeline.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// start runs an engine until the test ends or stop is called.
func (w *world) start(e *pipeline.Engine[vm.Machine]) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { e.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

// machine is the record as it stands.
func (w *world) machine(id int64) vm.Machine {
	w.t.Helper()
	m, err := w.store.Find(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// await waits until done says so, for at most limit of real time.
func (w *world) await(what string, limit time.Duration, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(limit); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("no %s after %s; last errors: %s", what, limit,
				w.db.Text(w.t, "SELECT COALESCE(GROUP_CONCAT(service_id, ': ', last_error SEPARATOR '; '), 'none') FROM kvmbridge_vm"))
		}
	}
}

// awaitStatus waits until the service's machine stands at status.
func (w *world) awaitStatus(id int64, status pipeline.State) vm.Machine {
	w.t.Helper()
	var m vm.Machine
	w.await(fmt.Sprintf("service %d at %s", id, status), patience, func() bool {
		m = w.machine(id)
		return m.Status == status
	})
	return m
}

// deploy orders and waits until the machine is ready.
func (w *world) deploy(settings string) vm.Machine {
	w.t.Helper()
	w.start(w.engine(w.store, w.steps))
	return w.awaitStatus(w.order(settings), vm.Ready)
}

func (w *world) instance() string {
	w.t.Helper()
	name, err := w.store.Instance(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return name
}

// guests lists what the cluster holds besides the templates.
func (w *world) guests() []pvesim.GuestView {
	return slices.DeleteFunc(w.sim.Guests(), func(g pvesim.GuestView) bool { return g.Template })
}

func (w *world) checkFirewall(m vm.Machine, addresses ...string) {
	w.t.Helper()
	fw := w.sim.Firewall(m.VMID)
	if fw.Options["enable"] != "1" || fw.Options["policy_in"] != "ACCEPT" {
		w.t.Errorf("firewall options %v, want it on with policy ACCEPT", fw.Options)
	}
	if got := fw.IPSets["ipfilter-net0"]; !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(addresses))) {
		w.t.Errorf("ipfilter-net0 holds %v, want %v", got, addresses)
	}
}

// checkWHMCS compares what WHMCS shows of the service with its record, and sees exactly one mail in the outbox.
func (w *world) checkWHMCS(m vm.Machine) {
	w.t.Helper()
	for column, want := range map[string]string{
		"dedicatedip": "192.0.2.10", "assignedips": "192.0.2.11\n2001:0db8:0000:0000:0000:0000:0000:0010",
		"domain": m.Name + ".example.net", "username": m.Username,
	} {
		if got := w.db.Text(w.t, "SELECT "+column+" FROM tblhosting WHERE id = ?", m.ServiceID); got != want {
			w.t.Errorf("tblhosting.%s is %q, want %q", column, got, want)
		}
	}
	w.checkMails(m.ServiceID, 1)
}

func (w *world) checkMails(service int64, want int) {
	w.t.Helper()
	got := w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE service_id = ? AND kind = 'mail' AND subject = 'puqProxmoxKVM VM is ready'", service)
	if got != strconv.Itoa(want) {
		w.t.Errorf("%s ready mails of service %d, want %d", got, service, want)
	}
}
