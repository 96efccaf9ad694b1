package showroom

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app"
	"github.com/kvmbridge/kvmbridge/internal/app/dnsbench"
	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// figure is one line of make bench: a value against its budget, with the floor it was divided by.
type figure struct {
	name   string
	budget float64
	// measure returns the value and says on lines of its own what it was made of.
	measure func(ctx context.Context, say func(string, ...any)) (float64, error)
}

// figures are all benchmarks in the order they run. Later parts of the product add theirs.
func figures() []figure {
	deploy, list, stats := new(deployBench), new(listBench), new(trafficBench)
	return []figure{
		{"deploy_overhead", 1.10, deploy.overhead},
		{"deploy_calls", 45, deploy.calls},
		{"batch_makespan", 1.15, batchMakespan},
		{"create_latency", 4, createLatency},
		{"alloc_rate", 6, allocRate},
		{"idle_cost", 2, idleCost},
		{"change_nop_calls", 6, changeNothing},
		{"terminate_latency", 1.2, terminateLatency},
		{"batch_terminate", 3, batchTerminate},
		{"dns_deploy_wait", 1, dnsDeployWait},
		{"dns_resync_absence", 0, dnsbench.ResyncAbsence},
		{"dns_php", 0.5, list.full},
		{"dns_php_unchanged", 0.05, list.unchanged},
		{"dns_php_memory", 16, list.memory},
		{"vm_list", 3, vmList},
		{"stats_calls", 5, stats.calls},
		{"stats_time", 4, stats.time},
	}
}

// Bench measures all figures, or those named.
func Bench(ctx context.Context, names []string, out io.Writer) error {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }
	for _, f := range figures() {
		if len(names) > 0 && !slices.Contains(names, f.name) {
			continue
		}
		value, err := f.measure(ctx, say)
		if err != nil {
			return fmt.Errorf("measure %s: %w", f.name, err)
		}
		say("bench %s %.4g budget %g", f.name, value, f.budget)
	}
	return nil
}

// stage is a playground with a sidecar on it, for one figure.
type stage struct {
	ground  *playground.Playground
	sidecar *house
	client  *bridge.Client
	stop    func() error
}

// newStage starts an installation whose engine and simulator run speed times as fast as real time.
func newStage(ctx context.Context, speed float64, serveOnly bool) (s *stage, err error) {
	shim, err := shimFolder()
	if err != nil {
		return nil, err
	}
	var clk clock.Clock = clock.System{}
	if speed != 1 {
		clk = clock.NewScaled(speed)
	}
	s = new(stage)
	if s.ground, err = playground.Open(ctx, playground.Options{Shim: shim, Clock: clk, Durable: true, Settings: demoSettings}); err != nil {
		return nil, err
	}
	if err := s.open(ctx, clk, serveOnly); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) open(ctx context.Context, clk clock.Clock, serveOnly bool) error {
	cfg, err := s.ground.Config()
	if err != nil {
		return err
	}
	s.sidecar, err = open(ctx, cfg, app.Options{Log: slog.New(slog.DiscardHandler), Clock: clk, ServeOnly: serveOnly})
	if err != nil {
		return err
	}
	s.stop = s.sidecar.start(ctx)
	if err := s.ground.WHMCS.Activate(ctx); err != nil {
		return err
	}
	for _, p := range demoPools(s.ground.WHMCS.Seeded.ServerID) {
		if _, err := s.sidecar.store.AddPool(ctx, p); err != nil {
			return err
		}
	}
	settings, err := s.sidecar.whmcs.AddonSettings(ctx)
	if err != nil {
		return err
	}
	s.client, err = bridge.NewClient("http://"+s.sidecar.Address(), bridge.Signer{Secret: bridge.Secret(settings["secret"])})
	return err
}

func (s *stage) close() error {
	var errs []error
	if s.client != nil {
		s.client.Close()
	}
	if s.stop != nil {
		errs = append(errs, s.stop())
	}
	return errors.Join(append(errs, s.ground.Close())...)
}

// exec runs SQL that makes a world; a benchmark is no place for the product's statements.
func (s *stage) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.sidecar.store.Handle().ExecContext(ctx, query, args...)
	return err
}

// services adds n Pending services of the seeded product and returns the first id.
func (s *stage) services(ctx context.Context, n int) (first int64, err error) {
	seeded := s.ground.WHMCS.Seeded
	for i := range n {
		res, err := s.sidecar.store.Handle().ExecContext(ctx, `INSERT IGNORE INTO tblhosting
			(userid, packageid, server, domain, username, password, dedicatedip, assignedips, domainstatus) VALUES (?, ?, ?, '', '', '', '', '', 'Pending')`,
			seeded.ClientID, seeded.ProductID, seeded.ServerID)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			if first, err = res.LastInsertId(); err != nil {
				return 0, err
			}
		}
	}
	return first, nil
}

// create sends CreateAccount over the bridge, as the shim does.
func (s *stage) create(ctx context.Context, serviceID int64) error {
	return s.call(ctx, "CreateAccount", serviceID)
}

// call sends a module function over the bridge.
func (s *stage) call(ctx context.Context, function string, serviceID int64) error {
	call := bridge.ModuleCall{
		Head:    bridge.Head{IdempotencyKey: fmt.Sprintf("bench-%d", serviceID), Caller: bridge.Caller{Kind: bridge.CallerSystem}},
		Service: bridge.Service{ID: serviceID, ServerID: s.ground.WHMCS.Seeded.ServerID, Status: "Pending", Password: "Bench-Secret-1"},
	}
	answer, err := s.client.Module(ctx, function, call)
	if err != nil {
		return err
	}
	return answer.Err()
}

// percentile of sorted durations.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
