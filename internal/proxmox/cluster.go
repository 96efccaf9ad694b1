package proxmox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	px "github.com/luthermonson/go-proxmox"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// Defaults of Config.
const (
	// DefaultTimeout bounds one call. Proxmox itself gives up forwarding after 30 s (pve-behaviour §1.4).
	DefaultTimeout = 60 * time.Second
	// DefaultParallel is how many calls one cluster gets at once. A node has three privileged workers (pve-behaviour §1.5);
	// more than a few calls per worker only queue on the other side.
	DefaultParallel = 8
)

// Config says where a cluster is and how to speak with it.
type Config struct {
	Name     string // for logs
	URL      string // https://host:8006; a path of /api2/json is added when absent
	Auth     Auth
	Trust    Trust
	Timeout  time.Duration // per call, 0 = DefaultTimeout
	Parallel int           // calls at once, 0 = DefaultParallel
	Log      *slog.Logger  // nil = nothing is logged
	Clock    clock.Clock   // nil = clock.System
	// Calls, when set, counts every HTTP request that is sent, repetitions and logins included.
	Calls *atomic.Int64
}

// Cluster implements hypervisor.Cluster; it is safe for concurrent use and holds no state of guests.
type Cluster struct {
	name    string
	client  *px.Client
	timeout func(context.Context) time.Duration // of one call
	slots   chan struct{}
	clock   clock.Clock
	auth    Auth
	version *atomic.Pointer[Version]
}

var _ hypervisor.Cluster = (*Cluster)(nil)

// New prepares a cluster. Nothing is sent: an unreachable or unwilling cluster shows at the first call.
// The error is a sentence for a person.
func New(cfg Config) (*Cluster, error) {
	base, err := baseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	if err := cfg.Auth.valid(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	options := []px.Option{
		px.WithHTTPClient(&http.Client{Transport: roundTrippers(base, cfg)}),
		px.WithLogger(driverLog{cfg.Log}),
	}
	if cfg.Auth.token() {
		options = append(options, px.WithAPIToken(cfg.Auth.TokenID, cfg.Auth.Secret))
	}
	return &Cluster{
		name:    cfg.Name,
		client:  px.NewClient(base, options...),
		timeout: func(context.Context) time.Duration { return cfg.Timeout },
		slots:   make(chan struct{}, cfg.Parallel),
		clock:   cfg.Clock,
		auth:    cfg.Auth,
		version: new(atomic.Pointer[Version]),
	}, nil
}

// WithTimeout is the same cluster, with its connections and its slots, for calls that may take another time each: what
// timeout says when the call begins.
func (c *Cluster) WithTimeout(timeout func(context.Context) time.Duration) *Cluster {
	limited := *c
	limited.timeout = timeout
	return &limited
}

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Parallel <= 0 {
		c.Parallel = DefaultParallel
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	c.Log = c.Log.With("cluster", c.Name)
	return c
}

// baseURL checks an address and completes it to the root of the API.
func baseURL(text string) (string, error) {
	u, err := url.Parse(strings.TrimRight(strings.TrimSpace(text), "/"))
	switch {
	case err != nil || u.Hostname() == "":
		return "", fmt.Errorf("the Proxmox address %q is not a URL; write it as https://host:8006", text)
	case u.User != nil:
		return "", errors.New("the Proxmox address must not contain credentials; put them into the user name and password fields")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return "", fmt.Errorf("the Proxmox address %q does not start with https://; credentials are never sent over plain HTTP", text)
	}
	if !strings.HasSuffix(u.Path, "/api2/json") {
		u.Path += "/api2/json"
	}
	u.RawQuery, u.Fragment = "", ""
	return u.String(), nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// params is a request body: text and numbers only. 7.4 takes 0 and 1 for booleans and refuses true and false where it
// answers itself (pve-behaviour §1.2), so a Go bool has no place here.
type params map[string]any

func (c *Cluster) get(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodGet, path, func(ctx context.Context) error { return c.client.Get(ctx, path, out) })
}

func (c *Cluster) post(ctx context.Context, path string, body params, out any) error {
	return c.call(ctx, http.MethodPost, path, func(ctx context.Context) error { return c.client.Post(ctx, path, filled(body), out) })
}

func (c *Cluster) put(ctx context.Context, path string, body params, out any) error {
	return c.call(ctx, http.MethodPut, path, func(ctx context.Context) error { return c.client.Put(ctx, path, filled(body), out) })
}

// delete never has a body: Proxmox refuses one with 501, even an empty object. Parameters belong into the path's query.
func (c *Cluster) delete(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodDelete, path, func(ctx context.Context) error { return c.client.Delete(ctx, path, out) })
}

// filled keeps an empty map from becoming a body of {}.
func filled(body params) any {
	if len(body) == 0 {
		return nil
	}
	return body
}

// call takes a slot, bounds the time and translates what comes back.
func (c *Cluster) call(ctx context.Context, method, path string, send func(context.Context) error) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for a free call to Proxmox: %w", ctx.Err())
	}
	defer func() { <-c.slots }()
	ctx, cancel := c.limit(ctx, method)
	defer cancel()
	err := send(ctx)
	if err == nil || ours(err) {
		return bare(err)
	}
	// The driver could not use a complete answer.
	return &NoAnswerError{Method: method, Path: plain(path), Sent: true, Cause: bare(err)}
}

// limit bounds one call. A write whose caller stops is given a little longer to be answered: not knowing what became of it
// costs more than a moment at the end of a process.
func (c *Cluster) limit(ctx context.Context, method string) (context.Context, context.CancelFunc) {
	if method == http.MethodGet {
		return context.WithTimeout(ctx, c.timeout(ctx))
	}
	answered, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-answered.Done():
		case <-c.clock.After(writeGrace):
			cancel()
		}
	})
	return answered, func() { stop(); cancel() }
}

// writeGrace is how long a write may still be answered after its caller has stopped.
const writeGrace = 3 * time.Second

// ours says whether err was made by this package's transport, not by the driver.
func ours(err error) bool {
	_, refused := errors.AsType[*Error](err)
	_, nothing := errors.AsType[*NoAnswerError](err)
	_, cert := errors.AsType[*CertificateError](err)
	return refused || nothing || cert
}

// bare strips net/http's wrapper, whose text repeats the whole URL.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// plain is a path without its query.
func plain(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if decoded, err := url.PathUnescape(path); err == nil {
		return decoded
	}
	return path
}

// place is the network address of an API root for sentences, such as pve1.example:8006.
func place(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	if u.Port() != "" {
		return net.JoinHostPort(u.Hostname(), u.Port())
	}
	return u.Hostname()
}

// Version is what a cluster says about itself.
type Version struct {
	Version string `json:"version"` // 8.4.5
	Release string `json:"release"` // 8.4
}

// Version asks once and remembers; it takes no lock, so two first callers may both ask.
func (c *Cluster) Version(ctx context.Context) (Version, error) {
	if v := c.version.Load(); v != nil {
		return *v, nil
	}
	var v Version
	if err := c.get(ctx, "/version", &v); err != nil {
		return Version{}, err
	}
	c.version.Store(&v)
	return v, nil
}

// driverLog passes the driver's log on, except debug lines: they carry bodies with passwords.
type driverLog struct{ log *slog.Logger }

func (driverLog) Debugf(string, ...any)       {}
func (d driverLog) Infof(f string, v ...any)  { d.log.Info("driver", "text", fmt.Sprintf(f, v...)) }
func (d driverLog) Warnf(f string, v ...any)  { d.log.Warn("driver", "text", fmt.Sprintf(f, v...)) }
func (d driverLog) Errorf(f string, v ...any) { d.log.Error("driver", "text", fmt.Sprintf(f, v...)) }
