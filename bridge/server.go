package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Config is what a Server needs. Log is required; Module, Addon, Outbox, Names, Tasks, Usage, Keys and Ready are required to serve.
type Config struct {
	Log     *slog.Logger
	Clock   clock.Clock              // real time, as WHMCS's machine has it; nil is clock.System
	Keys    func() map[string]Secret // key id to secret; asked at every request
	Reread  func() map[string]Secret // the same, never from memory: asked before a refusal; nil is Keys
	Module  ModuleCommands
	Addon   AddonCommands
	Outbox  Outbox
	Names   NameList
	Tasks   Tasks
	Usage   Usage
	Ready   func(context.Context) error // nil error: the database answers and its schema is current
	Metrics *prometheus.Registry        // what /metrics shows; nil makes one of its own
	Timeout time.Duration               // of one command; 0 is 30 seconds
}

// Server answers what WHMCS's modules ask.
type Server struct {
	log      *slog.Logger
	verifier *Verifier
	module   ModuleCommands
	addon    AddonCommands
	outbox   Outbox
	names    NameList
	tasks    Tasks
	usage    Usage
	ready    func(context.Context) error
	timeout  time.Duration
	metrics  *metrics
	echo     *echo.Echo
	api      huma.API
}

// New assembles a server; it starts nothing.
func New(cfg Config) *Server {
	s := &Server{
		log: cfg.Log, verifier: NewVerifier(cfg.Keys, cfg.Clock),
		module: cfg.Module, addon: cfg.Addon, outbox: cfg.Outbox, names: cfg.Names, tasks: cfg.Tasks, usage: cfg.Usage,
		ready: cfg.Ready, timeout: cfg.Timeout, metrics: newMetrics(cfg.Metrics),
	}
	if cfg.Reread != nil {
		s.verifier.Reread(cfg.Reread)
	}
	if s.timeout == 0 {
		s.timeout = commandTimeout
	}
	s.echo = echo.New()
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.HTTPErrorHandler = s.explain
	s.echo.Use(identify, s.account(), s.survive(), s.admit)
	s.probes(s.echo)
	s.api = newAPI(s.echo)
	s.routes(s.api)
	strays(s.echo)
	return s
}

// Handler is the server as a handler, for tests and for a listener of one's own.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve answers on the listeners until ctx ends, then lets running commands finish for up to 15 seconds. It closes the
// listeners and returns nil when it was told to stop.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	server := &http.Server{
		Handler: s.echo, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	} // no WriteTimeout: commands end by their context
	group, running := errgroup.WithContext(ctx)
	for _, l := range listeners {
		group.Go(func() error {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-running.Done()
		return stop(context.WithoutCancel(ctx), server)
	})
	return group.Wait()
}

func stop(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, graceTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close()
		return fmt.Errorf("stop: commands were still running after %s: %w", graceTimeout, err)
	}
	return nil
}
