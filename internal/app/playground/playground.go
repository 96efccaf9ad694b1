package playground

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/mariadb"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/store"
)

// Options of Open.
type Options struct {
	// Shim is the folder whmcs-php-shim of the project.
	Shim string
	// Cluster is what the simulator starts with; pvesim.Demo when nil.
	Cluster *pvesim.Config
	// Clock of the simulator.
	Clock clock.Clock
	// Durable makes the database flush every commit, as a production server does.
	Durable bool
	// Settings is the JSON of the seeded product.
	Settings string
	// Sidecar is the address the shim will be told; a free loopback port when empty.
	Sidecar string
}

// Playground is a running installation. Close it.
type Playground struct {
	Sim     *pvesim.Sim
	Cluster *pvesim.Server
	DB      *mariadb.Server
	WHMCS   *Site
	// Sidecar is where the shim expects the sidecar to listen: host:port.
	Sidecar string

	dir    string
	closes []func() error
}

const (
	database = "whmcs"
	hashKey  = "playground-cc-encryption-hash-0123456789abcdef"
)

// Open starts everything; on an error whatever had been started is stopped again.
func Open(ctx context.Context, o Options) (*Playground, error) {
	p := &Playground{Sidecar: o.Sidecar}
	for _, start := range []func(context.Context, Options) error{p.makeDir, p.startDB, p.startCluster, p.startSite, p.seed} {
		if err := start(ctx, o); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Close stops everything in reverse order and removes the folder.
func (p *Playground) Close() error {
	var errs []error
	for len(p.closes) > 0 {
		last := len(p.closes) - 1
		errs = append(errs, p.closes[last]())
		p.closes = p.closes[:last]
	}
	return errors.Join(errs...)
}

func (p *Playground) onClose(f func() error) { p.closes = append(p.closes, f) }

func (p *Playground) makeDir(context.Context, Options) (err error) {
	p.dir, err = os.MkdirTemp("", "kvmbridge-")
	p.onClose(func() error { return os.RemoveAll(p.dir) })
	return err
}

func (p *Playground) startDB(ctx context.Context, o Options) (err error) {
	dir := filepath.Join(p.dir, "db")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if p.DB, err = mariadb.Start(ctx, mariadb.Options{Dir: dir, Durable: o.Durable}); err != nil {
		return err
	}
	p.onClose(func() error { p.DB.Stop(); return nil })
	return store.CreateDatabase(ctx, store.Config{Net: "unix", Addr: p.DB.Socket, User: p.DB.User, Database: database})
}

func (p *Playground) startCluster(_ context.Context, o Options) (err error) {
	cluster := pvesim.Demo(o.Clock)
	if o.Cluster != nil {
		cluster = *o.Cluster
		cluster.Clock = o.Clock
	}
	p.Sim = pvesim.New(cluster)
	p.Cluster, err = p.Sim.ListenTLS("127.0.0.1:0") //nolint:contextcheck // it listens beyond the call
	if err != nil {
		return err
	}
	p.onClose(p.Cluster.Close)
	return nil
}

func (p *Playground) startSite(ctx context.Context, o Options) (err error) {
	if p.Sidecar == "" {
		if p.Sidecar, err = freeAddress(ctx); err != nil {
			return err
		}
	}
	if p.WHMCS, err = assemble(ctx, o.Shim, filepath.Join(p.dir, "whmcs"), p.configuration()); err != nil {
		return err
	}
	p.onClose(p.WHMCS.Stop)
	return p.WHMCS.Start(ctx)
}

// configuration is WHMCS's configuration.php.
func (p *Playground) configuration() string {
	return fmt.Sprintf("<?php\n$license = 'playground';\n$db_host = 'localhost:%s';\n$db_username = '%s';\n$db_password = '';\n$db_name = '%s';\n"+
		"$cc_encryption_hash = '%s';\n$mysql_charset = 'utf8';\n", p.DB.Socket, p.DB.User, database, hashKey)
}

// seed loads WHMCS's tables and the demo data, and tells the addon where the sidecar is.
func (p *Playground) seed(ctx context.Context, o Options) error {
	if err := p.WHMCS.loadSchema(ctx, p.dir); err != nil {
		return err
	}
	cluster, err := url.Parse(p.Cluster.URL())
	if err != nil {
		return err
	}
	err = p.WHMCS.Run(ctx, &p.WHMCS.Seeded, "seed", "--system-url", p.WHMCS.URL, "--server-name", "Simulated cluster",
		"--server-host", cluster.Hostname(), "--server-port", cluster.Port(),
		"--server-username", pvesim.DemoTokenID, "--server-password", pvesim.DemoTokenSecret,
		"--server-trust", p.Cluster.Fingerprint(), "--settings", o.Settings, "--templates", "9000|Debian 12,9001|Ubuntu 24.04")
	if err != nil {
		return err
	}
	return p.WHMCS.Run(ctx, nil, "set-addon", "sidecar_urls", "http://"+p.Sidecar)
}

// Config is the configuration of a sidecar for this installation, as --whmcs would give it.
func (p *Playground) Config() (config.Config, error) {
	cfg, faults := config.Load(config.Sources{WHMCS: p.WHMCS.Dir})
	cfg.Listen = []string{p.Sidecar}
	var errs []error
	for _, f := range faults {
		errs = append(errs, errors.New(f.String()))
	}
	return cfg, errors.Join(errs...)
}

// freeAddress finds a port for the sidecar, which listens later. It lies below those that the kernel hands out by itself: one
// of them would be somebody else's by then.
func freeAddress(ctx context.Context) (string, error) {
	const first, count, tries = 20000, 12000, 50
	var err error
	for range tries {
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(count))); err == nil { //nolint:gosec // spreads, does not hide
			return l.Addr().String(), l.Close()
		}
	}
	return "", err
}
