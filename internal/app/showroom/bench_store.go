package showroom

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

const (
	latencySamples = 400
	allocWorkers   = 16
	allocPerWorker = 150
	idleMachines   = 10000
	idleTime       = 20 * time.Second
)

// timed is how long do takes.
func timed(do func() error) (time.Duration, error) {
	begin := clock.System{}.Now()
	err := do()
	return clock.System{}.Now().Sub(begin), err
}

// createLatency compares CreateAccount over the bridge with one durable transaction of two rows, measured in turn.
func createLatency(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, err := newStage(ctx, 1, true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.exec(ctx, "CREATE TABLE bench_floor (id INT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(200)) ENGINE=InnoDB"); err != nil {
		return 0, err
	}
	first, err := s.services(ctx, latencySamples)
	if err != nil {
		return 0, err
	}
	var floor, create []time.Duration
	for i := range int64(latencySamples) {
		f, err := timed(func() error { return s.twoRows(ctx) })
		if err != nil {
			return 0, err
		}
		c, err := timed(func() error { return s.create(ctx, first+i) })
		if err != nil {
			return 0, err
		}
		floor, create = append(floor, f), append(create, c)
	}
	slices.Sort(floor)
	slices.Sort(create)
	say("floor create_latency: two-row INSERT transaction p50 %s p99 %s; CreateAccount p50 %s p99 %s (%d of each)",
		percentile(floor, 50), percentile(floor, 99), percentile(create, 50), percentile(create, 99), latencySamples)
	return percentile(create, 99).Seconds() / percentile(floor, 99).Seconds(), nil
}

func (s *stage) twoRows(ctx context.Context) error {
	tx, err := s.sidecar.store.Handle().BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := tx.ExecContext(ctx, "INSERT INTO bench_floor (text) VALUES (?)", "a row of the usual length, more or less"); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// allocRate compares one address from a /16 that is 90 % full with one indexed INSERT, both by 16 workers at once.
func allocRate(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, err := newStage(ctx, 1, true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	const orders = allocWorkers * allocPerWorker
	first, err := s.services(ctx, orders)
	if err != nil {
		return 0, err
	}
	for i := range int64(orders) {
		order := vm.Order{ServiceID: first + i, ServerID: s.ground.WHMCS.Seeded.ServerID, Name: "bench", Domain: "bench.example.net", Username: "bench", Password: "Bench-Secret-1"}
		if err := s.sidecar.store.Open(ctx, order); err != nil {
			return 0, err
		}
	}
	if err := s.fillPool(ctx); err != nil {
		return 0, err
	}
	floor, err := inParallel(ctx, func(ctx context.Context, i int64) error {
		return s.exec(ctx, "INSERT INTO bench_taken (server_id, address, text) VALUES (1, ?, 'x')", i)
	})
	if err != nil {
		return 0, err
	}
	alloc, err := inParallel(ctx, func(ctx context.Context, i int64) error {
		want := ippool.Want{ServiceID: first + i, ServerID: s.ground.WHMCS.Seeded.ServerID, IPv4: 1, Bridge: "vmbr7"}
		_, err := s.sidecar.store.Lease(ctx, want)
		return err
	})
	if err != nil {
		return 0, err
	}
	say("floor alloc_rate: indexed INSERT %s each, address %s each (%d of each, %d workers)", floor/orders, alloc/orders, orders, allocWorkers)
	return alloc.Seconds() / floor.Seconds(), nil
}

// inParallel calls do once for every order number, by all workers at once, and returns the time until the last has ended.
func inParallel(ctx context.Context, do func(ctx context.Context, i int64) error) (time.Duration, error) {
	return timed(func() error {
		g, ctx := errgroup.WithContext(ctx)
		for w := range int64(allocWorkers) {
			g.Go(func() error {
				for i := range int64(allocPerWorker) {
					if err := do(ctx, w*allocPerWorker+i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return g.Wait()
	})
}

// fillPool makes a /16 pool of which nine in ten addresses, scattered, are taken; and the floor's table with as many rows.
func (s *stage) fillPool(ctx context.Context) error {
	server := s.ground.WHMCS.Seeded.ServerID
	network := ippool.Network{Bridge: "vmbr7", Bits: 16, Gateway: netip.MustParseAddr("10.77.0.1")}
	pool := ippool.Pool{ServerID: server, First: netip.MustParseAddr("10.77.0.2"), Last: netip.MustParseAddr("10.77.255.254"), Network: network}
	if _, err := s.sidecar.store.AddPool(ctx, pool); err != nil {
		return err
	}
	err := s.exec(ctx, `CREATE TABLE bench_taken (id INT PRIMARY KEY AUTO_INCREMENT, server_id INT, address INT, text VARCHAR(20), UNIQUE KEY place (server_id, address)) ENGINE=InnoDB`)
	if err != nil {
		return err
	}
	var rows, floor []string
	for host := 2; host < 1<<16-1; host++ {
		if host%10 == 9 {
			continue
		}
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 10<<24|77<<16|uint32(host))
		rows = append(rows, fmt.Sprintf("(%d, 'vmbr7', 0, x'%x', %d, 0, 16, '', '', '2026-01-01')", server, b, 1000000+host))
		floor = append(floor, fmt.Sprintf("(2, %d, 'x')", host))
	}
	for i := 0; i < len(rows); i += 5000 {
		end := min(i+5000, len(rows))
		err := errors.Join(
			s.exec(ctx, "INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at) VALUES "+strings.Join(rows[i:end], ",")),
			s.exec(ctx, "INSERT INTO bench_taken (server_id, address, text) VALUES "+strings.Join(floor[i:end], ",")))
		if err != nil {
			return err
		}
	}
	return nil
}

// idleCost counts what a sidecar with ten thousand ready VMs asks its database while nothing happens.
func idleCost(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, err := newStage(ctx, 1, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for i := 0; i < idleMachines; i += 1000 {
		var vms, records []string
		for id := i + 1000; id < i+2000; id++ {
			vms = append(vms, fmt.Sprintf("(%d, 1, '2026-01-01')", id))
			records = append(records, fmt.Sprintf("(%d, 'ready', %d)", id, id))
		}
		err := errors.Join(
			s.exec(ctx, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at) VALUES "+strings.Join(vms, ",")),
			s.exec(ctx, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status, vm_id) VALUES "+strings.Join(records, ",")))
		if err != nil {
			return 0, err
		}
	}
	before, err := s.questions(ctx)
	if err != nil {
		return 0, err
	}
	if err := clock.Sleep(ctx, clock.System{}, idleTime); err != nil {
		return 0, err
	}
	after, err := s.questions(ctx)
	if err != nil {
		return 0, err
	}
	asked := after - before - 1 // the second count counts itself
	say("floor idle_cost: %d statements in %s with %d ready VMs", asked, idleTime, idleMachines)
	return float64(asked) / idleTime.Seconds(), nil
}

// questions is how many statements the server has been sent since its start.
func (s *stage) questions(ctx context.Context) (n int64, err error) {
	var name string
	err = s.sidecar.store.Handle().QueryRowxContext(ctx, "SHOW GLOBAL STATUS LIKE 'Questions'").Scan(&name, &n)
	return n, err
}
