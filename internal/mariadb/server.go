package mariadb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// ErrMissing says which programs are needed and how to get them.
var ErrMissing = errors.New("the MariaDB programs mariadbd and mariadb-install-db are not installed; " +
	"install the packages mariadb-server-core and mariadb-client-core (no database service is set up by them)")

// Options of Start.
type Options struct {
	// Dir is an existing, empty folder; data, socket and log go there. Its path must stay below about 90 characters,
	// which is the limit of a socket's name.
	Dir string
	// Durable flushes every commit to the disk, as a production server does; without it the server is faster and
	// loses the last second when the machine (not the process) dies.
	Durable bool
}

// Server is a running private server. Its user root has no password; it listens on a socket and on loopback only.
type Server struct {
	Socket string
	Port   int
	User   string
	pid    int
	stop   chan struct{}
	once   sync.Once
	gone   chan struct{}
	exit   error // set before gone is closed
}

// Addr is host:port on loopback.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// PID is the server's process id.
func (s *Server) PID() int { return s.pid }

// Start creates the data folder and runs the server until Stop; it returns when the server answers. If this process
// dies, the server gets SIGTERM. ErrMissing when the programs are not there.
func Start(ctx context.Context, o Options) (*Server, error) {
	server, install, err := programs()
	if err != nil {
		return nil, err
	}
	if err := initialise(ctx, install, o.Dir); err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Socket: filepath.Join(o.Dir, "s"), Port: port, User: "root",
		stop: make(chan struct{}), gone: make(chan struct{}),
	}
	if err := s.run(server, o); err != nil {
		return nil, fmt.Errorf("start mariadbd: %w", err)
	}
	if err := s.await(ctx); err != nil {
		s.Stop()
		return nil, fmt.Errorf("wait for mariadbd to answer (its log is %s): %w", logFile(o.Dir), err)
	}
	return s, nil
}

// Stop ends the server and returns when it is gone. Calling it again does nothing.
func (s *Server) Stop() {
	s.once.Do(func() { close(s.stop) })
	<-s.gone
}

func programs() (server, install string, err error) {
	if server, err = look("mariadbd", "/usr/sbin/mariadbd"); err != nil {
		return "", "", ErrMissing
	}
	if install, err = look("mariadb-install-db", "/usr/bin/mariadb-install-db"); err != nil {
		return "", "", ErrMissing
	}
	return server, install, nil
}

// look finds a program although /usr/sbin is not on every PATH.
func look(name, usual string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath(usual)
}

func initialise(ctx context.Context, program, dir string) error {
	tmp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, "--no-defaults", "--datadir="+filepath.Join(dir, "data"), runAs(), //nolint:gosec // the program was looked up by a fixed name
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp) // the installer runs a server too, see command
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("create a MariaDB data folder in %s: %w\n%s", dir, err, out)
	}
	return nil
}

// runAs names the present user: as root the server wants to be told that this is meant.
func runAs() string {
	if u, err := user.Current(); err == nil {
		return "--user=" + u.Username
	}
	return "--user=" + strconv.Itoa(os.Getuid())
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func logFile(dir string) string { return filepath.Join(dir, "log") }

// run starts the process and hands it to a thread of its own: the kernel sends Pdeathsig when the starting thread
// ends, not when the process does, so that thread must live as long as the server.
func (s *Server) run(program string, o Options) error {
	cmd, err := s.command(program, o)
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	go s.keep(cmd, started)
	return <-started
}

func (s *Server) command(program string, o Options) (*exec.Cmd, error) {
	if err := os.MkdirAll(filepath.Join(o.Dir, "tmp"), 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(logFile(o.Dir), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	// A starting server removes temporary tables from its tmpdir, those of other servers too, which then crash: hence
	// a tmpdir of its own. The context of Start must not end the server, Stop does.
	args := append([]string{
		"--no-defaults", runAs(),
		"--datadir=" + filepath.Join(o.Dir, "data"), "--socket=" + s.Socket, "--pid-file=" + filepath.Join(o.Dir, "pid"), "--tmpdir=" + filepath.Join(o.Dir, "tmp"),
		"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", s.Port), "--skip-name-resolve",
		"--character-set-server=utf8mb4", "--max-connections=500", "--performance-schema=OFF", "--innodb-buffer-pool-size=64M",
	}, flushing(o.Durable)...)
	cmd := exec.Command(program, args...) //nolint:gosec,noctx // the program was looked up by a fixed name
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own: Ctrl-C in a terminal reaches the caller, who then stops the server in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	return cmd, nil
}

// flushing says how much the server does for what happens when the machine dies. A fast one also keeps its tables in one
// file, because tests make and drop thousands of them.
func flushing(durable bool) []string {
	if durable {
		return []string{"--innodb-flush-log-at-trx-commit=1"}
	}
	return []string{
		"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite",
		"--innodb-file-per-table=0",
	}
}

// await returns once the server greets on its socket, which it does only when it is ready.
func (s *Server) await(ctx context.Context) error {
	t := time.NewTicker(10 * time.Millisecond)
	defer t.Stop()
	for !greets(ctx, s.Socket) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.gone:
			return fmt.Errorf("it ended: %w", s.exit)
		case <-t.C:
		}
	}
	return nil
}

func greets(ctx context.Context, socket string) bool {
	d := net.Dialer{Timeout: time.Second}
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	defer c.Close() //nolint:errcheck // nothing was written
	var first [5]byte
	_, err = c.Read(first[:])
	return err == nil
}
