package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/client"
	"github.com/kvmbridge/kvmbridge/internal/app/records"
	"github.com/kvmbridge/kvmbridge/internal/app/usage"
	"github.com/kvmbridge/kvmbridge/internal/app/views"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/courier"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
	"github.com/kvmbridge/kvmbridge/internal/dns/providers"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/namelist"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/legacy"
	"github.com/kvmbridge/kvmbridge/internal/store/namerows"
	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	trafficrows "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
	"github.com/kvmbridge/kvmbridge/internal/web"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// Sidecar is one replica of the service.
type Sidecar struct {
	// Calls counts the requests sent to Proxmox.
	Calls *atomic.Int64

	log       *slog.Logger
	store     *store.DB
	whmcs     *whmcs.DB
	engine    *pipeline.Engine[vm.Machine]
	courier   *courier.Courier
	keeper    *keeper.Keeper
	copies    *keeping.Keeper
	traffic   *collect.Collector
	book      records.Book
	older     *legacy.Importer
	shop      *providers.Shop
	keys      *keyring
	settings  *settings.Live
	folder    string // of WHMCS, absolute; "" = not known
	tasks     *tasks.Runner
	alarms    taskrows.Alarms
	rung      chan struct{} // by WHMCS's cron, for the tasks
	lines     *lines.Hub    // what is done to machines, for whoever looks on
	outcomes  outcomes      // of what is done to machines, for the same
	zone      *time.Location
	stopping  chan struct{} // closed when Run ends
	server    *bridge.Server
	listeners []net.Listener
	clock     clock.Clock
	serveOnly bool
	halted    chan struct{} // rings when the tables are about to go
	retired   atomic.Bool   // the addon was deactivated with its tables
}

// Options are what tests, the demo and benchmarks replace.
type Options struct {
	Log   *slog.Logger
	Clock clock.Clock // of the engine and the tasks; signatures always use real time
	Lines io.Writer   // where the live lines of all runs go; nil = nowhere
	// ServeOnly leaves the engine out: orders are taken and stay where they are.
	ServeOnly bool
}

// NewSidecar connects to the database, opens the listeners and assembles the parts; nothing runs before Run. Close it.
func NewSidecar(ctx context.Context, cfg config.Config, o Options) (*Sidecar, error) {
	s := &Sidecar{log: o.Log, clock: o.Clock, Calls: new(atomic.Int64), serveOnly: o.ServeOnly, halted: make(chan struct{}, 1), rung: make(chan struct{}, 1), lines: &lines.Hub{Out: o.Lines}, stopping: make(chan struct{})}
	var err error
	if s.zone, err = cfg.Zone(ctx); err != nil {
		return nil, err
	}
	if s.store, err = openStore(ctx, cfg, o); err != nil {
		return nil, err
	}
	if err := s.assemble(cfg, o); err != nil { //nolint:contextcheck // requests bring their own
		return nil, errors.Join(err, s.Close())
	}
	if err := s.listen(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Sidecar) assemble(cfg config.Config, o Options) error {
	s.whmcs = whmcs.New(s.store.Handle())
	s.keys = &keyring{cfg: cfg, whmcs: s.whmcs}
	s.settings, s.folder = newLive(cfg, s), folder(cfg)
	back := &callback.Client{Target: s.keys.target}
	f := newFleet(cfg, s, back)
	box, err := sealBox(cfg)
	if err != nil {
		return err
	}
	s.book = records.NewBook(s.store, box)
	s.older = legacy.New(s.store.Handle(), box, o.Clock)
	s.keeper, s.shop = records.NewKeeper(s.book, o.Clock, s.log)
	steps := &vm.Steps{
		Fleet: f, Catalogue: s.whmcs, Addresses: s.store, Numbers: s.store, Registry: s.store, Directory: s.keeper,
		Clock: o.Clock, Random: rand.Reader, Settings: vm.Settings{
			Migrate: s.mayMigrate, MigrationTimeout: s.migrationTimeout, CloneTimeout: cloneTimeout, Undo: cfg.Termination.Undo,
		},
	}
	s.courier = courier.New(s.store, s.whmcs, back, o.Clock, s.log, cfg.Attention.Webhook)
	s.alarms = taskrows.Alarms{Book: taskrows.New(s.store.Handle()), Webhook: cfg.Attention.Webhook != ""}
	registry := prometheus.NewRegistry()
	registry.MustRegister(newGauges(s.store, s.alarms, s.late, s.clock), records.NewGauges(s.book))
	if err := s.newEngine(cfg, o, steps, registry); err != nil {
		return err
	}
	s.copies, s.traffic = s.newCopies(cfg, f), s.newCollector(cfg, f)
	s.tasks = s.newRunner()
	orders := &desk.Desk{
		Catalogue: s.whmcs, Registry: s.store, Fleet: counter{f}, Directory: s.keeper, Clock: o.Clock, Random: rand.Reader,
		Undo: cfg.Termination.Undo, Reprieves: s.store, Wake: s.engine.Wake, Interrupt: s.engine.Interrupt,
	}
	pages, err := web.New()
	if err != nil {
		return err
	}
	v, kept := &views.Views{Store: s.store, WHMCS: s.whmcs}, s.copiesPage(cfg, f, pages)
	names := namelist.NewList(namerows.New(s.store.Handle()), clock.System{}, s.log)
	s.server = bridge.New(bridge.Config{
		Log: s.log, Keys: s.keys.Known, Reread: s.keys.Keys, Metrics: registry, Ready: s.ready, Outbox: bell{s.courier, s.ring},
		Tasks:  onlooker{s},
		Usage:  usage.Usage{Ledger: trafficrows.New(s.store.Handle()), Clock: s.clock, Terms: s.traffic.Terms},
		Names:  namelist.NewCounter(names, s.whmcs, clock.System{}, s.log),
		Module: &moduleCommands{desk: orders, fleet: f, views: v, copies: kept, area: &client.Area{Views: v, Copies: kept, Web: pages, Log: s.log}, pages: pages, log: s.log},
		Addon:  &addonCommands{store: s.store, router: s.front(orders, kept, pages), settings: s.settings, retire: s.retire, revive: s.revive, inherit: s.inherit},
	})
	return nil
}

const cloneTimeout = 30 * time.Minute

func (s *Sidecar) newEngine(cfg config.Config, o Options, steps *vm.Steps, registry *prometheus.Registry) (err error) {
	s.engine, err = pipeline.New(pipeline.Config[vm.Machine]{
		Store: s.store, Tables: steps.Tables(), Prepare: steps.Prepare,
		State:    vm.Position,
		Failures: func(m *vm.Machine) (int, time.Time) { return m.Failures, m.FailingSince },
		Observer: observers(s.live(steps), &s.outcomes, registry, s.courier),
		Lanes:    pipeline.NewLanes(map[string]int{"clone": cfg.Engine.CloneLane, "migrate": cfg.Engine.MigrateLane, "start": cfg.Engine.StartLane}),
		Clock:    o.Clock, Random: mathrand.Float64, Log: s.log,
		Paused:  func(ctx context.Context) bool { return s.settings.Now(ctx).Paused() },
		Workers: cfg.Engine.Workers, Retry: cfg.Engine.RetryInterval, Lease: cfg.Engine.Lease,
	})
	return err
}

// live are the lines of all runs; terminations tell their details there too.
func (s *Sidecar) live(steps *vm.Steps) *lines.Lines {
	l := lines.New(s.lines, clock.In(s.clock, s.zone))
	steps.Tell = l.Detail
	return l
}

func (s *Sidecar) listen(ctx context.Context, cfg config.Config) error {
	files := bridge.TLSFiles{Cert: cfg.Bridge.CertFile, Key: cfg.Bridge.KeyFile}
	for _, a := range cfg.Listen {
		l, err := bridge.Listen(ctx, a, files)
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, l)
	}
	return nil
}

// Address is where the first listener listens.
func (s *Sidecar) Address() string { return s.listeners[0].Addr().String() }

// Store is the sidecar's database, for tests and benchmarks of the assembly.
func (s *Sidecar) Store() *store.DB { return s.store }

// DNS are the sidecar's zones and records, for the same.
func (s *Sidecar) DNS() records.Book { return s.book }

// ready reports what keeps the sidecar from working; nil when nothing does.
func (s *Sidecar) ready(ctx context.Context) error { return s.store.SchemaCurrent(ctx) }

// Run serves and works until ctx ends.
func (s *Sidecar) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { close(s.stopping) })()
	var wg sync.WaitGroup
	if !s.serveOnly {
		wg.Go(func() { s.work(ctx) })
	}
	wg.Go(func() { s.answerRings(ctx) }) // also when it serves only: WHMCS's cron may know no other replica
	err := s.server.Serve(ctx, s.listeners...)
	cancel()
	wg.Wait()
	return err
}

// work begins once the schema is current: before the addon is activated there are no tables.
func (s *Sidecar) work(ctx context.Context) {
	for s.awaitSchema(ctx) {
		s.workWhileThereAreTables(ctx)
	}
}

func (s *Sidecar) workWhileThereAreTables(ctx context.Context) {
	schedule, err := newSchedule(s)
	if err != nil {
		s.log.ErrorContext(ctx, "make the schedule", slog.Any("err", err))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { s.engine.Run(ctx) })
	wg.Go(func() { s.courier.Run(ctx) })
	wg.Go(func() { s.keeper.Run(ctx) })
	wg.Go(func() { s.copies.Run(ctx) })
	if schedule != nil {
		wg.Go(func() { schedule.run(ctx) })
	}
	select {
	case <-ctx.Done():
	case <-s.halted:
		stop()
	}
	wg.Wait()
}

// retire stops the work before the tables go; it begins again when the addon is activated.
func (s *Sidecar) retire() {
	s.retired.Store(true)
	select {
	case s.halted <- struct{}{}:
	default:
	}
}

// revive lets the work begin again.
func (s *Sidecar) revive() {
	s.retired.Store(false)
	s.engine.Wake()
}

func (s *Sidecar) awaitSchema(ctx context.Context) bool {
	for said := false; ; said = true {
		err := s.schema(ctx)
		if err == nil {
			return true
		}
		if err = s.bringUp(ctx, err); err == nil {
			continue
		}
		if !said && ctx.Err() == nil {
			s.log.WarnContext(ctx, "waiting for the database to be brought up to date", slog.Any("err", err))
		}
		if clock.Sleep(ctx, clock.System{}, time.Second) != nil {
			return false
		}
	}
}

var errRetired = errors.New("the addon was deactivated together with its tables: activate it again")

// schema is nil when the tables can be worked on; those that are being dropped look whole for a moment still.
func (s *Sidecar) schema(ctx context.Context) error {
	if s.retired.Load() {
		return errRetired
	}
	return s.store.SchemaCurrent(ctx)
}

// bringUp migrates the database of an activated addon; before that the tables are not ours to make.
func (s *Sidecar) bringUp(ctx context.Context, stale error) error {
	if s.retired.Load() {
		return stale
	}
	if active, err := s.keys.activated(ctx); err != nil || !active {
		return cmp.Or(err, stale)
	}
	if err := s.store.Migrate(ctx); err != nil {
		return err
	}
	s.inherit(ctx)
	return s.store.SchemaCurrent(ctx)
}

// Close gives back what NewSidecar opened; call it after Run has returned.
func (s *Sidecar) Close() error {
	var errs []error
	for _, l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// serve is the sub-command.
func serve(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	s, err := NewSidecar(ctx, cfg, Options{Log: log, Clock: clock.System{}})
	if err != nil {
		return err
	}
	for _, l := range s.listeners {
		log.InfoContext(ctx, "listening", slog.String("address", l.Addr().String()))
	}
	err = s.Run(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, s.Close())
}

func openStore(ctx context.Context, cfg config.Config, o Options) (*store.DB, error) {
	box, err := sealBox(cfg)
	if err != nil {
		return nil, err
	}
	tls, err := cfg.DB.TLSConfig()
	if err != nil {
		return nil, err
	}
	network, address := cfg.DB.Address()
	return store.Open(ctx, store.Config{
		Net: network, Addr: address, User: cfg.DB.User, Password: string(cfg.DB.Password), Database: cfg.DB.Name,
		TLS: tls, MaxConns: cfg.DB.MaxConns, Webhook: cfg.Attention.Webhook != "", Lease: cfg.Engine.Lease, Clock: o.Clock, Box: box, Log: o.Log,
	})
}
