package store

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Config says where WHMCS's database is and how this process uses it.
type Config struct {
	Net      string // "tcp" (default) or "unix"
	Addr     string // host:port, or the path of the socket
	User     string
	Password string
	Database string
	TLS      *tls.Config // nil = plain text
	MaxConns int         // default 20

	Webhook bool // also queue KindWebhook when a machine needs a person

	Lease time.Duration // time to live of a lease without renewal; default 30 s
	Clock clock.Clock   // default the machine's
	Box   *seal.Box     // seals passwords; nil = secrets can be neither written nor read
	Log   *slog.Logger  // default: nothing is logged
}

// DB is WHMCS's database as kvmbridge uses it. It is safe for concurrent use.
type DB struct {
	*addresses.Book // vm.Addresses
	*outbox.Box     // effects on their way to WHMCS
	*finder.Finder  // questions over all machines

	sql    *sqlx.DB
	cfg    Config
	holder string // random per DB: who holds a lease

	mu        sync.Mutex
	abandoned map[int64]bool // leases this holder could not give back; they must run out
	shape     shape          // of the records' table, nil = not read yet
}

var (
	_ pipeline.Store[vm.Machine] = (*DB)(nil)
	_ vm.Registry                = (*DB)(nil)
	_ vm.Addresses               = (*DB)(nil)
	_ vm.Numbers                 = (*DB)(nil)
)

// Open connects. It does not look at the schema: see Migrate and SchemaCurrent.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	cfg = withDefaults(cfg)
	con, err := connector(cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(con), "mysql")
	db.SetMaxOpenConns(cfg.MaxConns)
	db.SetMaxIdleConns(cfg.MaxConns)
	db.SetConnMaxIdleTime(2 * time.Minute)
	db.SetConnMaxLifetime(15 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(connectFault(cfg, err), db.Close())
	}
	d := &DB{sql: db, cfg: cfg, holder: rand.Text(), abandoned: map[int64]bool{}, Book: addresses.New(db, cfg.Clock), Box: outbox.New(db), Finder: finder.New(db)}
	return d, nil
}

// Close gives the connections back. Leases still held run out by themselves.
func (d *DB) Close() error { return d.sql.Close() }

// Ping asks the database for a sign of life.
func (d *DB) Ping(ctx context.Context) error { return d.sql.PingContext(ctx) }

// Holder names this process in leases.
func (d *DB) Holder() string { return d.holder }

// Handle is the connection pool, for internal/whmcs, which asks its questions over the same connections.
func (d *DB) Handle() *sqlx.DB { return d.sql }

func withDefaults(cfg Config) Config {
	if cfg.Net == "" {
		cfg.Net = "tcp"
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 20
	}
	if cfg.Lease == 0 {
		cfg.Lease = 30 * time.Second
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

func connector(cfg Config) (driver.Connector, error) {
	c := mysql.NewConfig() // a bare Config lacks defaults
	c.Net, c.Addr, c.User, c.Passwd, c.DBName = cfg.Net, cfg.Addr, cfg.User, cfg.Password, cfg.Database
	c.ParseTime, c.Loc = true, time.UTC
	c.Timeout, c.ReadTimeout, c.WriteTimeout = 5*time.Second, 60*time.Second, 30*time.Second
	c.ClientFoundRows = true   // a compare-and-set that changes no value still counts
	c.RejectReadOnly = true    // leave a primary that was demoted
	c.MaxAllowedPacket = 0     // ask the server
	c.InterpolateParams = true // one round trip instead of three; safe with utf8mb4
	c.TLS = cfg.TLS
	c.Params = map[string]string{
		"time_zone": "'+00:00'",
		// Without NO_ZERO_DATE: it makes every INSERT into, and ALTER of, a table fail that has a zero date as a default,
		// and tables made by others have those.
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
		"innodb_lock_wait_timeout": "10",
	}
	c.Logger = driverLog{cfg.Log}
	if err := c.Apply(mysql.Charset("utf8mb4", "utf8mb4_unicode_ci")); err != nil {
		return nil, err
	}
	con, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return readCommitted{con}, nil
}

// readCommitted sets the isolation level once per connection: the variable's name differs between MySQL and MariaDB,
// and setting it per transaction costs a round trip each time.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// driverLog takes the driver's lines about broken connections.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) {
	l.log.Debug("database driver", slog.String("text", fmt.Sprint(v...)))
}

// connectFault says what a person can do about a database that cannot be reached.
func connectFault(cfg Config, err error) error {
	switch tx.Number(err) {
	case tx.AccessDenied, tx.AccessDeniedNoPassword:
		return fmt.Errorf("the database at %s refuses the user %q; check user name and password: %w", cfg.Addr, cfg.User, err)
	case tx.NoDatabase, tx.DatabaseDenied:
		return fmt.Errorf("the user %q may not use the database %q at %s; check its name and the user's rights: %w", cfg.User, cfg.Database, cfg.Addr, err)
	}
	return fmt.Errorf("the database at %s cannot be reached; check that it runs and that the address is right: %w", cfg.Addr, err)
}
