package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/mariadb"
)

// dsnVariable names a server to use instead of a private one.
const dsnVariable = "KVMBRIDGE_TEST_DSN"

// server is where the databases of this test binary live.
type server struct {
	config *mysql.Config // no database chosen
	admin  *sqlx.DB

	mu        sync.Mutex
	templates map[string]*template
}

//nolint:gochecknoglobals // one server per test binary
var shared = sync.OnceValues(connect)

func connect() (*server, error) {
	cfg, err := settings()
	if err != nil {
		return nil, err
	}
	cfg.ParseTime, cfg.Loc, cfg.MultiStatements, cfg.InterpolateParams = true, time.UTC, true, true
	cfg.Params = map[string]string{"sql_mode": "'NO_ENGINE_SUBSTITUTION'", "time_zone": "'+00:00'"} // as WHMCS connects
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_unicode_ci")); err != nil {
		return nil, err
	}
	s := &server{config: cfg, templates: map[string]*template{}}
	s.admin, err = s.open("")
	return s, err
}

func (s *server) open(database string) (*sqlx.DB, error) {
	cfg := s.config.Clone()
	cfg.DBName = database
	return sqlx.Connect("mysql", cfg.FormatDSN())
}

func settings() (*mysql.Config, error) {
	if dsn := os.Getenv(dsnVariable); dsn != "" { //nolint:forbidigo // test help has no configuration of its own
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", dsnVariable, err)
		}
		return cfg, nil
	}
	return private()
}

// private starts a server that ends with this process, and a small shell that then removes its folder.
func private() (*mysql.Config, error) {
	dir, err := os.MkdirTemp("", "kvmbridge-testdb-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := mariadb.Start(ctx, mariadb.Options{Dir: dir})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := sweepAfterUs(dir, s.PID()); err != nil {
		s.Stop()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User = "unix", s.Socket, s.User
	return cfg, nil
}

// sweepAfterUs starts a shell that reads from us; when we are gone, in whatever way, its input ends, and it ends the
// server and removes the folder. A group of its own keeps Ctrl-C away from it.
func sweepAfterUs(dir string, pid int) error {
	const script = `read -r _; kill -TERM "$1" 2>/dev/null; n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 200 ]; do sleep 0.1; n=$((n+1)); done; rm -rf "$2"`
	cmd := exec.Command("sh", "-c", script, "sh", strconv.Itoa(pid), dir) //nolint:gosec,noctx // fixed script; it must outlive us
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the sweeper: %w", err)
	}
	keepOpen(in)
	return nil
}

// keepOpen holds the write end for the life of the process; a collected file would be closed.
func keepOpen(in any) { held = append(held, in) }

//nolint:gochecknoglobals // see keepOpen
var held []any
