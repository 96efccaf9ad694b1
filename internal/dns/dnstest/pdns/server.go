package pdns

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// schemaFile comes with the backend; the program alone does not prove that the backend is there.
const schemaFile = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"

// ErrMissing says what is needed and how to get it.
var ErrMissing = errors.New("a PowerDNS server with its SQLite backend is not installed; run \"make deps\", " +
	"or install the packages pdns-server, pdns-backend-sqlite3 and sqlite3 (no name server on port 53 is needed)")

const (
	patience = 10 * time.Second // for a server to answer; it takes 0.1 s, cold 0.7 s
	attempts = 3                // to find free ports that nobody takes meanwhile
)

// Server is a running private server on loopback.
type Server struct {
	API string // address of the API, http://127.0.0.1:port
	DNS string // host:port for queries
	Key string // of the API
	Log string // file of what the server says

	dir string
	run *process
}

// Start runs a server with an empty database in dir, an existing folder, until Stop; it returns when the API answers. When
// this process dies the server gets SIGTERM. ErrMissing when the programs are not there.
func Start(ctx context.Context, dir string) (*Server, error) {
	program, sqlite, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{Key: rand.Text(), Log: filepath.Join(dir, "log"), dir: dir, run: &process{program: program}}
	if err := database(ctx, sqlite, s.Database(), schemaFile); err != nil {
		return nil, err
	}
	for range attempts {
		if err = s.settle(ctx); err == nil || ctx.Err() != nil {
			return s, err
		}
	}
	return nil, err
}

// Database is the server's SQLite file.
func (s *Server) Database() string { return filepath.Join(s.dir, "pdns.sqlite3") }

// settle takes free ports and starts there.
func (s *Server) settle(ctx context.Context) error {
	api, err := freePort(ctx)
	if err != nil {
		return err
	}
	query, err := freePort(ctx)
	if err != nil {
		return err
	}
	s.API, s.DNS = "http://127.0.0.1:"+strconv.Itoa(api), "127.0.0.1:"+strconv.Itoa(query)
	if err := s.configure(api, query); err != nil {
		return err
	}
	return s.Restart(ctx)
}

// Restart starts the server again, on the same ports and data, after Stop or Kill.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.run.start(s.Log, "--config-dir="+s.dir); err != nil {
		return fmt.Errorf("start pdns_server: %w", err)
	}
	if err := s.await(ctx); err != nil {
		s.run.end(false)
		return fmt.Errorf("wait for pdns_server to answer (its log is %s): %w", s.Log, err)
	}
	return nil
}

// Stop ends the server in order and returns when it is gone; Kill gives it no time. Calling them again does nothing.
func (s *Server) Stop() { s.run.end(false) }

// Kill ends the server as a crash would.
func (s *Server) Kill() { s.run.end(true) }

func programs() (server, sqlite string, err error) {
	if server, err = look("pdns_server", "/usr/sbin/pdns_server"); err != nil {
		return "", "", ErrMissing
	}
	if sqlite, err = look("sqlite3", "/usr/bin/sqlite3"); err != nil {
		return "", "", ErrMissing
	}
	if _, err = os.Stat(schemaFile); err != nil {
		return "", "", ErrMissing
	}
	return server, sqlite, nil
}

// look finds a program although /usr/sbin is not on every PATH.
func look(name, usual string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath(usual)
}

// database runs the SQL of a file on a database, which it creates.
func database(ctx context.Context, sqlite, path, script string) error {
	in, err := os.Open(script) //nolint:gosec // a file of the package or of a test
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	cmd := exec.CommandContext(ctx, sqlite, "-bail", path) //nolint:gosec // looked up by a fixed name
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s on %s: %w\n%s", script, path, err, out)
	}
	return nil
}

// Exec runs SQL on the server's database, beside the server: what other software does.
func (s *Server) Exec(ctx context.Context, sql string) error {
	_, sqlite, err := programs()
	if err != nil {
		return err
	}
	script := filepath.Join(s.dir, "script.sql")
	if err := os.WriteFile(script, []byte(".timeout 5000\n"+sql), 0o600); err != nil {
		return err
	}
	return database(ctx, sqlite, s.Database(), script)
}

// configure: no caches, so that what is written by SQL is served at once, and no flush to the disk.
func (s *Server) configure(api, query int) error {
	settings := []string{
		"launch=gsqlite3", "gsqlite3-database=" + s.Database(), "gsqlite3-pragma-synchronous=0", "gsqlite3-dnssec=yes",
		"local-address=127.0.0.1", fmt.Sprintf("local-port=%d", query),
		"api=yes", "api-key=" + s.Key, "webserver=yes", "webserver-address=127.0.0.1", fmt.Sprintf("webserver-port=%d", api),
		"webserver-allow-from=127.0.0.1", "socket-dir=" + s.dir,
		"zone-cache-refresh-interval=0", "cache-ttl=0", "query-cache-ttl=0", "negquery-cache-ttl=0",
		"daemon=no", "guardian=no", "disable-syslog=yes", "write-pid=no", "security-poll-suffix=",
	}
	return os.WriteFile(filepath.Join(s.dir, "pdns.conf"), []byte(strings.Join(settings, "\n")+"\n"), 0o600)
}

// freePort is free for TCP and UDP.
func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	for {
		l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := lc.ListenPacket(ctx, "udp", l.Addr().String())
		if err == nil {
			err = u.Close()
		}
		if err = errors.Join(err, l.Close()); err == nil {
			return port, nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
}

// await returns once the API knows the key; an API of another process on the same port does not.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for {
		status, err := s.Call(ctx, http.MethodGet, "", nil, nil)
		if err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.run.gone:
			return errors.New("it ended")
		case <-t.C:
			if status == http.StatusUnauthorized {
				return errors.New("another process has its port")
			}
		}
	}
}
