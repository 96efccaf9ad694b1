package playground

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	whmcsschema "github.com/kvmbridge/kvmbridge/schema/whmcs"
)

// Site is devhost with the shim, served by PHP's built-in server.
type Site struct {
	URL    string
	Dir    string // document root, with configuration.php in it
	Seeded Seeded

	address string // host:port
	php     *exec.Cmd
	log     *os.File
	exited  chan error
}

// Seeded names what the demo data hold.
type Seeded struct {
	ProductID      int64  `json:"product_id"`
	ClientID       int64  `json:"client_id"`
	ServerID       int64  `json:"server_id"`
	AdminUsername  string `json:"admin_username"`
	AdminPassword  string `json:"admin_password"`
	ClientEmail    string `json:"client_email"`
	ClientPassword string `json:"client_password"`
}

// Placed is the answer to an order.
type Placed struct {
	ServiceID int64  `json:"service_id"`
	Result    string `json:"result"` // what CreateAccount answered
}

// ErrNoPHP says what to install.
var ErrNoPHP = errors.New("the program php is not installed; install the packages php-cli, php-mysql, php-curl and php-mbstring")

func assemble(ctx context.Context, shim, root, configuration string) (*Site, error) {
	if _, err := exec.LookPath("php"); err != nil {
		return nil, ErrNoPHP
	}
	out, err := exec.CommandContext(ctx, "php", filepath.Join(shim, "devhost", "bin", "assemble.php"), root).CombinedOutput() //nolint:gosec // our own script
	if err != nil {
		return nil, fmt.Errorf("copy devhost and the shim from %s: %w\n%s", shim, err, out)
	}
	if err := os.WriteFile(filepath.Join(root, "configuration.php"), []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	return &Site{Dir: root}, nil
}

// Start starts PHP with a few workers, because the sidecar calls back while a request of WHMCS is still open. After a Stop
// it comes back at the same address.
func (s *Site) Start(ctx context.Context) (err error) {
	if s.address == "" {
		if s.address, err = freeAddress(ctx); err != nil {
			return err
		}
		s.URL = "http://" + s.address
	}
	if s.log, err = os.OpenFile(filepath.Join(s.Dir, "..", "php.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	s.php = exec.Command("php", "-d", "display_errors=0", "-d", "log_errors=1", "-S", s.address, "-t", s.Dir, filepath.Join(s.Dir, "router.php")) //nolint:gosec,noctx // ended by Stop, not by the context of the start
	s.php.Env = append(os.Environ(), "PHP_CLI_SERVER_WORKERS=6")
	s.php.Stdout, s.php.Stderr = s.log, s.log
	s.php.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.php.Start(); err != nil {
		err = errors.Join(fmt.Errorf("start php: %w", err), s.log.Close())
		s.php = nil
		return err
	}
	s.exited = make(chan error, 1)
	go func(php *exec.Cmd, exited chan<- error) {
		exited <- php.Wait()
		close(exited)
	}(s.php, s.exited)
	return s.answers(ctx)
}

func (s *Site) answers(ctx context.Context) error {
	for {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", s.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case err := <-s.exited:
			return fmt.Errorf("php ended at its start: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.NewTimer(20 * time.Millisecond).C:
		}
	}
}

// Stop ends PHP and its workers, which share its process group; nothing happens when it does not run.
func (s *Site) Stop() error {
	if s.php == nil {
		return nil
	}
	err := syscall.Kill(-s.php.Process.Pid, syscall.SIGTERM)
	if errors.Is(err, syscall.ESRCH) { // it ended by itself
		err = nil
	}
	<-s.exited //nolint:errcheck // it ends by our signal
	s.php = nil
	return errors.Join(err, s.log.Close())
}

// PHPLog is what PHP complained about so far.
func (s *Site) PHPLog() (string, error) {
	text, err := os.ReadFile(s.log.Name())
	return string(text), err
}

// Run calls devhost's command line and decodes its answer into out, which may be nil.
func (s *Site) Run(ctx context.Context, out any, args ...string) error {
	cmd := exec.CommandContext(ctx, "php", append([]string{filepath.Join(s.Dir, "bin", "devhost.php")}, args...)...) //nolint:gosec // our own script
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("devhost %s: %w\n%s%s", args[0], err, stdout.String(), stderr.String())
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(stdout.Bytes(), out); err != nil {
		return fmt.Errorf("devhost %s answered %q: %w", args[0], stdout.String(), err)
	}
	return nil
}

// Activate activates the addon as an admin would: it makes the secret and asks the sidecar to migrate.
func (s *Site) Activate(ctx context.Context) error {
	var answer struct{ Status, Description string }
	if err := s.Run(ctx, &answer, "activate-addon"); err != nil {
		return err
	}
	if answer.Status != "success" {
		return fmt.Errorf("activate the addon: %s", answer.Description)
	}
	return nil
}

// Order places an order of the seeded product with configurable options such as "RAM=4".
func (s *Site) Order(ctx context.Context, options ...string) (Placed, error) {
	args := []string{"order", "--product", strconv.FormatInt(s.Seeded.ProductID, 10)}
	for _, o := range options {
		args = append(args, "--option", o)
	}
	var placed Placed
	err := s.Run(ctx, &placed, args...)
	return placed, err
}

func (s *Site) loadSchema(ctx context.Context, dir string) error {
	target := filepath.Join(dir, "schema")
	if err := os.CopyFS(target, whmcsschema.Files()); err != nil {
		return err
	}
	files, err := fs.Glob(whmcsschema.Files(), "*.sql")
	if err != nil {
		return err
	}
	args := []string{"schema"}
	for _, f := range files {
		args = append(args, filepath.Join(target, f))
	}
	return s.Run(ctx, nil, args...)
}
