package keeping_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/copies"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// speed is how many times faster than real time these worlds run.
const speed = 120

// jumping is a fast clock that can be set forward.
type jumping struct {
	clock.Scaled
	ahead atomic.Int64
}

func (j *jumping) Now() time.Time { return j.Scaled.Now().Add(time.Duration(j.ahead.Load())) }

// world is a database, a simulated cluster and machines that are ready.
type world struct {
	t      *testing.T
	clk    *jumping
	db     *testdb.DB
	store  *store.DB
	book   *copies.Book
	sim    *pvesim.Sim
	hv     *proxmox.Cluster
	server int64
	client int64
	mark   string // of the newest machine
}

type fleet struct{ cluster *proxmox.Cluster }

func (f fleet) Cluster(context.Context, int64) (hypervisor.Cluster, error) { return f.cluster, nil }

func newWorld(t *testing.T, change ...func(*pvesim.Config)) *world {
	t.Helper()
	w := &world{t: t, clk: &jumping{Scaled: clock.NewScaled(speed)}, db: testdb.New(t)}
	w.store = w.db.Store(t, func(c *store.Config) { c.Clock, c.Lease = w.clk, speed*3*time.Second })
	w.book = copies.New(w.store.Handle(), true)
	cfg := pvesim.Demo(w.clk)
	cfg.Durations.Backup, cfg.Durations.Restore = 8*time.Second, 8*time.Second
	cfg.Storages = append(cfg.Storages,
		pvesim.StorageConfig{ID: "server", Type: "pbs", Shared: true, Content: []string{"backup"}, SizeGiB: 500, Verdict: "ok"},
		pvesim.StorageConfig{ID: "doubtful", Type: "pbs", Shared: true, Content: []string{"backup"}, SizeGiB: 500, Verdict: "failed"},
		pvesim.StorageConfig{ID: "narrow", Type: "dir", Content: []string{"backup"}, SizeGiB: 500, KeepBackups: 2},
		pvesim.StorageConfig{ID: "thick", Type: "lvm", Content: []string{"images"}, SizeGiB: 500})
	for _, c := range change {
		c(&cfg)
	}
	w.sim = pvesim.New(cfg)
	w.hv = w.connect()
	w.server = w.db.Server(t, "cluster")
	w.client = w.db.Client(t, "Jane", "Doe")
	return w
}

func (w *world) connect() *proxmox.Cluster {
	w.t.Helper()
	srv, err := w.sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = srv.Close() })
	trust, err := proxmox.ParseTrust(srv.Fingerprint())
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := proxmox.New(proxmox.Config{Name: "sim", URL: srv.URL(), Trust: trust, Clock: w.clk, Auth: proxmox.Auth{TokenID: pvesim.DemoTokenID, Secret: pvesim.DemoTokenSecret}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// product is a package with these copies.
func product(backups, snapshots int, storage, more string) string {
	return fmt.Sprintf(`{"vm":{"template":9000,"cpu":2,"ram_gb":2,"backups":%d,"snapshots":%d%s},"network":{"dhcp4":true,"dhcp6":true},
		"integrations":{"main_domain":"example.net","backup_storage":%q,"mail_restored":"puqProxmoxKVM Backup restored"}}`, backups, snapshots, more, storage)
}

// machine makes a service whose machine is ready.
func (w *world) machine(settings string) int64 {
	w.t.Helper()
	id := w.db.Service(w.t, w.client, w.db.Product(w.t, settings), w.server)
	instance, err := w.store.Instance(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	vmid, name := vmidOf(id), fmt.Sprintf("web%d", id)
	w.mark = vm.Mark(instance, id)
	w.sim.AddGuest(pvesim.GuestConfig{VMID: vmid, Node: "pve1", Running: true, Config: map[string]string{
		"name": name, "description": "WHMCS\n\n" + w.mark, "cores": "2", "memory": "2048", "scsihw": "virtio-scsi-pci",
		"scsi0": "local-lvm:10", "net0": "virtio,bridge=vmbr0", "boot": "order=scsi0", "onboot": "1", "ide2": "local-lvm:cloudinit",
	}})
	w.db.Exec(w.t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns) VALUES (?, ?, ?, 'ready', '{}')", id, vmid, name)
	w.db.Exec(w.t, "INSERT INTO kvmbridge_vm (service_id, server_id, node, created_at) VALUES (?, ?, 'pve1', ?)", id, w.server, w.clk.Now())
	return id
}

func vmidOf(serviceID int64) int { return 500 + int(serviceID) }

// keeper is a process that has just started.
func (w *world) keeper() *keeping.Keeper {
	return &keeping.Keeper{
		Book: w.book, Records: w.book, Machines: w.store, Fleet: fleet{w.hv}, Catalogue: whmcs.New(w.store.Handle()), Clock: w.clk,
		Log: slog.New(slog.DiscardHandler), Zone: func(context.Context) (*time.Location, error) { return time.UTC, nil }, Wake: func() {},
		Settings: keeping.Settings{Poll: 2 * time.Second},
	}
}

// task is one of the five.
type task func(context.Context) (int, int, []string, error)

// run runs tasks once, each by a process that has just started, and gives their details.
func (w *world) run(pick ...func(*keeping.Keeper) task) []string {
	w.t.Helper()
	var all []string
	for _, p := range pick {
		processed, failed, details, err := p(w.keeper())(w.t.Context())
		if err != nil || processed < failed {
			w.t.Fatalf("processed %d, errors %d, %v", processed, failed, err)
		}
		all = append(all, details...)
	}
	return all
}

func scheduleBackup(k *keeping.Keeper) task   { return k.ScheduleBackup }
func scheduleSnapshot(k *keeping.Keeper) task { return k.ScheduleSnapshot }
func nowBackup(k *keeping.Keeper) task        { return k.NowBackupStatus }
func restoreStatus(k *keeping.Keeper) task    { return k.RestoreBackupStatus }
func oldSnapshots(k *keeping.Keeper) task     { return k.RemoveOldSnapshots }

// until runs tasks until done says so.
func (w *world) until(what string, done func() bool, pick ...func(*keeping.Keeper) task) {
	w.t.Helper()
	var last []string
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if d := w.run(pick...); len(d) > 0 {
			last = d
		}
		if time.Now().After(end) {
			w.t.Fatalf("no %s; last details: %q; deeds: %s", what, last, w.db.Text(w.t,
				"SELECT COALESCE(GROUP_CONCAT(CONCAT_WS(' ', id, kind, phase, task, COALESCE(last_error, '')) SEPARATOR '; '), 'none') FROM kvmbridge_copies"))
		}
	}
}

// pass sets the clock forward.
func (w *world) pass(d time.Duration) { w.clk.ahead.Add(int64(d)) }

// toTomorrow sets the clock forward to a minute after the plan's time of the next day.
func (w *world) toTomorrow() {
	w.t.Helper()
	now := w.clk.Now()
	tomorrow := now.AddDate(0, 0, 1)
	w.pass(time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 3, 1, 0, 0, time.UTC).Sub(now))
}

func (w *world) text(query string, args ...any) string {
	w.t.Helper()
	return w.db.Text(w.t, query, args...)
}

// deeds counts deeds of a service at a phase.
func (w *world) deeds(id int64, p keeping.Phase) int {
	w.t.Helper()
	list, err := w.book.History(w.t.Context(), id, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(slices.DeleteFunc(list, func(d keeping.Deed) bool { return d.Phase != p }))
}

// settled tells that nothing is under way.
func (w *world) settled() bool {
	return w.text("SELECT COUNT(*) FROM kvmbridge_copies WHERE due_at IS NOT NULL") == "0"
}

func (w *world) backups(id int64, storage string) []hypervisor.Backup {
	w.t.Helper()
	list, err := w.hv.Backups(w.t.Context(), "pve1", storage, vmidOf(id))
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) snapshots(id int64) []string {
	w.t.Helper()
	list, err := w.hv.Snapshots(w.t.Context(), "pve1", vmidOf(id))
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

// by hand: what somebody does in Proxmox.
func (w *world) byHand(what, upid string, err error) {
	w.t.Helper()
	for err == nil && upid != "" {
		var task hypervisor.Task
		if task, err = w.hv.Task(w.t.Context(), upid); err == nil && !task.Running {
			err = w.hv.TaskFault(task.Exit)
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// free tells that no deed holds the machine.
func (w *world) free(id int64) bool {
	return w.text("SELECT COALESCE(lease_holder, 'nobody') FROM kvmbridge_vm WHERE service_id = ?", id) != "copies"
}

// engine runs the pipelines until the test ends.
func (w *world) engine() {
	w.t.Helper()
	steps := &vm.Steps{
		Fleet: fleet{w.hv}, Catalogue: whmcs.New(w.store.Handle()), Addresses: w.store, Numbers: w.store, Registry: w.store, Clock: w.clk,
		Random: rand.NewChaCha8([32]byte{1}), Settings: vm.Settings{CloneTimeout: time.Minute},
	}
	e, err := pipeline.New(pipeline.Config[vm.Machine]{
		Store: w.store, Tables: steps.Tables(), Prepare: steps.Prepare, Clock: w.clk, Random: rand.Float64, State: vm.Position,
		Failures: func(m *vm.Machine) (int, time.Time) { return m.Failures, m.FailingSince },
		Lanes:    pipeline.NewLanes(map[string]int{"start": 4}), Log: slog.New(slog.DiscardHandler), Retry: 20 * time.Second, Lease: speed * 3 * time.Second,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { e.Run(ctx); close(done) }()
	w.t.Cleanup(func() { cancel(); <-done })
}

func contains(lines []string, part string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, part) })
}
