package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// fleet opens the clusters behind WHMCS's server entries and keeps them open while the entry stays the same.
type fleet struct {
	whmcs    *whmcs.DB
	store    *store.DB
	callback *callback.Client
	servers  map[int]*config.Server // settings of the configuration file
	settings *settings.Live
	calls    int // API calls at once per cluster
	clock    clock.Clock
	log      *slog.Logger
	count    *atomic.Int64 // API calls sent, for metrics and benchmarks

	mu   sync.Mutex
	open map[int64]opened
	told map[int64]string // passwords that WHMCS handed over to this process and that are kept
}

type opened struct {
	at      endpoint
	cluster *proxmox.Cluster
	checked time.Time
}

// reread is how long an open cluster is used before its server entry is looked at again.
const reread = 5 * time.Second

// endpoint is everything a cluster's connection depends on.
type endpoint struct {
	ID       int64
	Name     string
	Host     string
	Port     int
	Username string
	Password string
	Trust    string
}

func newFleet(cfg config.Config, s *Sidecar, back *callback.Client) *fleet {
	return &fleet{
		whmcs: s.whmcs, store: s.store, callback: back, servers: cfg.Servers, settings: s.settings, calls: cfg.Engine.Calls,
		clock: s.clock, log: s.log, count: s.Calls, open: map[int64]opened{}, told: map[int64]string{},
	}
}

// Cluster implements vm.Fleet, for work in the background.
func (f *fleet) Cluster(ctx context.Context, serverID int64) (hypervisor.Cluster, error) {
	return f.within(ctx, serverID, func(ctx context.Context) time.Duration { return f.settings.Now(ctx).HeavyTimeout })
}

// counter is the same fleet for work that a person waits for.
type counter struct{ *fleet }

// Cluster implements vm.Fleet.
func (c counter) Cluster(ctx context.Context, serverID int64) (hypervisor.Cluster, error) {
	return c.within(ctx, serverID, c.brief)
}

// brief is how long a call may take that a person waits for.
func (f *fleet) brief(ctx context.Context) time.Duration { return f.settings.Now(ctx).DefaultTimeout }

// within is the cluster for calls that may take that long each.
func (f *fleet) within(ctx context.Context, serverID int64, limit func(context.Context) time.Duration) (hypervisor.Cluster, error) {
	if c := f.recent(serverID); c != nil {
		return c.WithTimeout(limit), nil
	}
	at, err := f.endpoint(ctx, serverID)
	if err != nil {
		return nil, err
	}
	c, err := f.reuse(at)
	if err != nil {
		return nil, err
	}
	return c.WithTimeout(limit), nil
}

// check says everything that keeps a server from being used, in sentences.
func (f *fleet) check(ctx context.Context, serverID int64) []string {
	at, err := f.endpoint(ctx, serverID)
	if err != nil {
		return []string{err.Error()}
	}
	problems, err := f.try(ctx, at)
	if err != nil {
		return []string{err.Error()}
	}
	return problems
}

// try looks at a server that may not be saved yet; the error says why it cannot be asked at all.
func (f *fleet) try(ctx context.Context, at endpoint) (problems []string, err error) {
	cluster, err := f.dial(at)
	if err != nil {
		return nil, err
	}
	return cluster.WithTimeout(f.brief).Check(ctx).Problems, nil
}

func (f *fleet) recent(serverID int64) *proxmox.Cluster {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.open[serverID]
	if ok && f.clock.Now().Sub(o.checked) < reread {
		return o.cluster
	}
	return nil
}

// reuse keeps the open cluster when nothing about it changed, with its connections and its login.
func (f *fleet) reuse(at endpoint) (*proxmox.Cluster, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.open[at.ID]
	if !ok || o.at != at {
		cluster, err := f.dial(at)
		if err != nil {
			return nil, pipeline.WithFault(fmt.Errorf("server %q (ID: %d): %w", at.Name, at.ID, err), pipeline.NeedsPerson)
		}
		o = opened{at: at, cluster: cluster}
	}
	o.checked = f.clock.Now()
	f.open[at.ID] = o
	return o.cluster, nil
}

func (f *fleet) endpoint(ctx context.Context, serverID int64) (endpoint, error) {
	s, err := f.whmcs.Server(ctx, serverID)
	if err != nil {
		return endpoint{}, err
	}
	if err := usable(s); err != nil {
		return endpoint{}, pipeline.WithFault(err, pipeline.NeedsPerson)
	}
	password, err := f.password(ctx, s)
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{
		ID: s.ID, Name: s.Name, Host: firstOf(s.Hostname, s.IP), Port: s.Port,
		Username: s.Username, Password: password, Trust: s.AccessHash,
	}, nil
}

func usable(s whmcs.Server) error {
	switch {
	case !s.Ours():
		return fmt.Errorf("server %q (ID: %d) belongs to the module %q, not to %s: choose another server for the service", s.Name, s.ID, s.Type, whmcs.ServerModule)
	case s.Disabled:
		return fmt.Errorf("server %q (ID: %d) is disabled in WHMCS: enable it, or move the service to another server", s.Name, s.ID)
	case s.Username == "" || s.Encrypted == "":
		return fmt.Errorf("server %q (ID: %d) has no user name or password: enter the API token's id and secret on its page in WHMCS", s.Name, s.ID)
	}
	return nil
}

// password is the one that WHMCS decrypted earlier, as long as the entry still holds the same encrypted text; else
// WHMCS is asked to decrypt it.
func (f *fleet) password(ctx context.Context, s whmcs.Server) (string, error) {
	kept, err := f.store.Credentials(ctx, s.ID)
	if err == nil && kept.Fingerprint == s.Fingerprint() {
		return kept.Password, nil
	}
	if err != nil && !errors.Is(err, store.ErrNoCredentials) {
		return "", err
	}
	plain, err := f.callback.Decrypt(ctx, []string{s.Encrypted})
	if err != nil {
		return "", fmt.Errorf("ask WHMCS to decrypt the password of server %q (ID: %d): %w", s.Name, s.ID, err)
	}
	err = f.store.SaveCredentials(ctx, s.ID, store.Credentials{Fingerprint: s.Fingerprint(), Password: plain[0]})
	return plain[0], err
}

// remember keeps a password that came with a call of WHMCS.
func (f *fleet) remember(ctx context.Context, serverID int64, password string) error {
	if f.wasTold(serverID, password) {
		return nil
	}
	s, err := f.whmcs.Server(ctx, serverID)
	if err != nil {
		return err
	}
	if err := f.store.SaveCredentials(ctx, serverID, store.Credentials{Fingerprint: s.Fingerprint(), Password: password}); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told[serverID] = password
	return nil
}

func (f *fleet) wasTold(serverID int64, password string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told[serverID] == password
}

// dial prepares a connection; nothing is sent yet.
func (f *fleet) dial(at endpoint) (*proxmox.Cluster, error) {
	if at.Host == "" {
		return nil, errors.New("the server has neither a hostname nor an IP address: enter one on its page in WHMCS")
	}
	auth, err := proxmox.ParseAuth(at.Username, at.Password)
	if err != nil {
		return nil, err
	}
	trust, err := f.trust(at)
	if err != nil {
		return nil, err
	}
	port := at.Port
	if port == 0 {
		port = 8006
	}
	return proxmox.New(proxmox.Config{
		Name: firstOf(at.Name, at.Host), URL: "https://" + net.JoinHostPort(at.Host, strconv.Itoa(port)),
		Auth: auth, Trust: trust, Parallel: f.calls, Log: f.log, Clock: f.clock, Calls: f.count,
	})
}

// trust is what the configuration file says about the server, else its Access Hash field in WHMCS.
func (f *fleet) trust(at endpoint) (proxmox.Trust, error) {
	s := f.servers[int(at.ID)]
	switch {
	case s == nil:
		return proxmox.ParseTrust(at.Trust)
	case s.Insecure:
		return proxmox.ParseTrust("insecure")
	case s.CAFile != "":
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return proxmox.Trust{}, fmt.Errorf("read ca_file of server %d: %w", at.ID, err)
		}
		return proxmox.ParseTrust(string(pem))
	}
	return proxmox.ParseTrust(firstOf(s.Fingerprint, at.Trust))
}
