package trafficbench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/store"
	ledger "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
)

const (
	chunk    = 1000 // rows of one INSERT that fills
	serverID = 1
)

// Figures of one hour's collection.
type Figures struct {
	Calls   int64         // requests that Proxmox got
	Collect time.Duration // from reading the accounts to the last commit; the cluster has its answer ready
	Insert  time.Duration // one INSERT of a row for each machine
}

// Measure fills an empty database and collects some hours; the figures are those of the middle round.
func Measure(ctx context.Context, db *store.DB) (Figures, error) { return measure(ctx, db, 10_000, 5) }

func measure(ctx context.Context, db *store.DB, machines, rounds int) (Figures, error) {
	b := &bench{db: db, clock: &later{}, machines: machines, rounds: rounds}
	if err := b.open(ctx); err != nil {
		return Figures{}, err
	}
	defer b.server.Close()
	if err := b.fill(ctx); err != nil {
		return Figures{}, err
	}
	var collects, inserts []time.Duration
	var calls int64
	for i := range rounds + 1 {
		before := b.calls.Load()
		took, err := b.hour(ctx)
		if err != nil {
			return Figures{}, err
		}
		if i == 0 { // the first reading of each machine closes no hour
			continue
		}
		calls = max(calls, b.calls.Load()-before)
		floor, err := b.insert(ctx)
		if err != nil {
			return Figures{}, err
		}
		collects, inserts = append(collects, took), append(inserts, floor)
	}
	return Figures{calls, middle(collects), middle(inserts)}, b.check(ctx)
}

func middle(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// later is the machine's clock, some hours on.
type later struct {
	clock.System
	hours atomic.Int64
}

// Now implements clock.Clock.
func (c *later) Now() time.Time { return c.System.Now().Add(time.Duration(c.hours.Load()) * time.Hour) }

type bench struct {
	machines  int
	rounds    int
	db        *store.DB
	clock     *later
	calls     atomic.Int64
	ready     [][]byte // the cluster's answers, hour by hour
	server    *httptest.Server
	cluster   *proxmox.Cluster
	collector *collect.Collector
}

// open starts a cluster with the guests of all machines.
func (b *bench) open(ctx context.Context) (err error) {
	cfg := pvesim.Demo(b.clock)
	for i := range b.machines {
		cfg.Guests = append(cfg.Guests, pvesim.GuestConfig{VMID: firstVM + i, Node: fmt.Sprintf("pve%d", i%3+1), Running: true})
	}
	if err := b.prepare(ctx, pvesim.New(cfg)); err != nil {
		return err
	}
	b.server = httptest.NewServer(b)
	b.cluster, err = proxmox.New(proxmox.Config{
		Name: "bench", URL: b.server.URL, Clock: b.clock, Calls: &b.calls,
		Auth: proxmox.Auth{TokenID: pvesim.DemoTokenID, Secret: pvesim.DemoTokenSecret},
	})
	b.collector = &collect.Collector{
		Ledger: ledger.New(b.db.Handle()), Fleet: b, Clock: b.clock,
		Terms: func(context.Context) (collect.Terms, error) { return collect.Terms{Zone: time.UTC}, nil },
	}
	return err
}

// ServeHTTP answers with lists that were made before anything is measured: making them is another machine's work.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != resources {
		http.NotFound(w, r)
		return
	}
	list := b.ready[b.clock.hours.Load()-1]
	w.Header().Set("Content-Length", strconv.Itoa(len(list)))
	_, _ = w.Write(list)
}

const resources = "/api2/json/cluster/resources"

// prepare lets the cluster live through all hours and keeps its answers.
func (b *bench) prepare(ctx context.Context, sim *pvesim.Sim) error {
	for range b.rounds + 1 {
		b.clock.hours.Add(1)
		answer := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, resources, nil)
		r.Header.Set("Authorization", "PVEAPIToken="+pvesim.DemoTokenID+"="+pvesim.DemoTokenSecret)
		if sim.ServeHTTP(answer, r); answer.Code != http.StatusOK {
			return fmt.Errorf("the simulated cluster answers %d", answer.Code)
		}
		b.ready = append(b.ready, answer.Body.Bytes())
	}
	b.clock.hours.Store(0)
	return nil
}

const (
	firstVM      = 10_000
	firstService = 100_000
)

// Cluster implements collect.Fleet.
func (b *bench) Cluster(context.Context, int64) (hypervisor.Cluster, error) { return b.cluster, nil }

// fill makes the machines' records and the table of the floor.
func (b *bench) fill(ctx context.Context) error {
	for n := 0; n < b.machines; n += chunk {
		var records, work []string
		for i := n; i < n+chunk; i++ {
			records = append(records, fmt.Sprintf("(%d, %d, 'ready')", firstService+i, firstVM+i))
			work = append(work, fmt.Sprintf("(%d, %d, '2020-01-01')", firstService+i, serverID))
		}
		for _, statement := range []string{
			"INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES " + strings.Join(records, ","),
			"INSERT INTO kvmbridge_vm (service_id, server_id, created_at) VALUES " + strings.Join(work, ","),
		} {
			if err := b.exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	return b.exec(ctx, "CREATE TABLE bench_hours LIKE puqProxmoxKVM_statistics")
}

// hour lets one pass and collects it.
func (b *bench) hour(ctx context.Context) (time.Duration, error) {
	b.clock.hours.Add(1)
	begin := clock.System{}.Now()
	processed, failed, details, err := b.collector.Collect(ctx)
	took := clock.System{}.Now().Sub(begin)
	if err == nil && (processed != b.machines || failed != 0) {
		err = fmt.Errorf("%d of %d machines were collected, %d failed, such as %q", processed, b.machines, failed, details[:min(3, len(details))])
	}
	return took, err
}

// insert is the floor: the rows of one hour by one statement.
func (b *bench) insert(ctx context.Context) (time.Duration, error) {
	rows := make([]string, b.machines)
	args := make([]any, 0, 5*b.machines)
	at := b.clock.Now().Truncate(time.Hour)
	begin := clock.System{}.Now()
	for i := range rows {
		rows[i] = "(?, ?, ?, ?, ?)"
		args = append(args, firstService+i, at, 7_200_000, 3_240_000, 0)
	}
	err := b.exec(ctx, "INSERT INTO bench_hours (service_id, `date`, net_in, net_out, estimated) VALUES "+strings.Join(rows, ", "), args...)
	return clock.System{}.Now().Sub(begin), err
}

// check makes sure that the hours were booked.
func (b *bench) check(ctx context.Context) error {
	var n, wrong int
	row := b.db.Handle().QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(net_in NOT BETWEEN 1 AND 7300000 OR estimated > 0), 0) FROM puqProxmoxKVM_statistics")
	if err := row.Scan(&n, &wrong); err != nil {
		return err
	}
	if n < b.rounds*b.machines || wrong > 0 {
		return fmt.Errorf("%d hours of %d machines were booked in %d rounds, %d wrong", n, b.machines, b.rounds, wrong)
	}
	return nil
}

func (b *bench) exec(ctx context.Context, query string, args ...any) error {
	_, err := b.db.Handle().ExecContext(ctx, query, args...)
	return err
}
