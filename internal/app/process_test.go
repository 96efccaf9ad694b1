package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
)

// process is a running kvmbridge with a folder for its temporary files, by which its descendants are known too.
type process struct {
	*exec.Cmd
	out *journal
	tmp string
}

// launch starts the program in the project's folder.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	for _, program := range []string{"php", "mariadb-install-db"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the program %s is not installed", program)
		}
	}
	tmp, err := os.MkdirTemp("", "kb") //nolint:usetesting // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	p := &process{exec.CommandContext(context.WithoutCancel(t.Context()), "kvmbridge", args...), new(journal), tmp}
	p.Dir, p.Stdout, p.Stderr = filepath.Join("..", ".."), p.out, p.out
	p.Env = append(append(os.Environ(), env...), "TMPDIR="+tmp)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Kill()
		if err := os.RemoveAll(tmp); err != nil {
			t.Error(err)
		}
	})
	return p
}

// says waits for a text in the output.
func (p *process) says(t *testing.T, text string) {
	t.Helper()
	await(t, fmt.Sprintf("the words %q", text), func() bool { return strings.Contains(p.out.String(), text) }, p.out.tail)
}

// ends waits for the end and gives the exit code.
func (p *process) ends(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// leavesNothing looks for processes and files of p after its end.
func (p *process) leavesNothing(t *testing.T) {
	t.Helper()
	files, err := os.ReadDir(p.tmp)
	if err != nil || len(files) > 0 {
		t.Errorf("left behind in the temporary folder: %v (%v)", files, err)
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no processes to look at: %v", err)
	}
	for _, dir := range folders {
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if bytes.Contains(environ, []byte("TMPDIR="+p.tmp)) || bytes.Contains(command, []byte(p.tmp)) {
			t.Errorf("still running: %s %q", dir, command)
		}
	}
}

// Two demos at once, each to its end, on ports and in folders of their own.
func TestDemo_once(t *testing.T) {
	t.Parallel()
	last := regexp.MustCompile(`\Ademo: ready in \d+(\.\d{1,2})?s\z`)
	demos := []*process{launch(t, nil, "demo", "--once"), launch(t, nil, "demo", "--once")}
	for _, p := range demos {
		if code := p.ends(t); code != 0 {
			t.Errorf("exit code %d:\n%s", code, p.out)
		}
		lines := strings.Split(strings.TrimSuffix(p.out.String(), "\n"), "\n")
		if got := lines[len(lines)-1]; !last.MatchString(got) {
			t.Errorf("last line %q", got)
		}
		contains(t, "the demo", p.out.String(), "--- Deploy: service=1 vm= status=creation ---\n", "  [+]  1. Allocate IP                         success (creation -> set_ip) [",
			"  [+] 15. Verify running + Email              success (starting -> ready) [", "--- Deploy complete: service=1 status=ready ---\n", "192.0.2.10", "admin page", "client page", "/cart.php")
		p.leavesNothing(t)
	}
}

// Ctrl-C at any moment: while things start, in the middle of a deployment, and at the end.
func TestDemo_leavesNothingWhenInterrupted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		words  string
		signal os.Signal
	}{
		"at the start":     {"Starting a private MariaDB", os.Interrupt},
		"while it orders":  {"Ordering", os.Interrupt},
		"while it deploys": {"1. Allocate IP", os.Interrupt},
		"told to stop":     {"1. Allocate IP", syscall.SIGTERM},
		"while it stands":  {"Press Ctrl-C", os.Interrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, nil, "demo")
			p.says(t, c.words)
			if err := p.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if code := p.ends(t); code != 0 {
				t.Errorf("exit code %d:\n%s", code, p.out)
			}
			if out := p.out.String(); strings.Contains(out, "kvmbridge: ") || strings.Contains(out, "panic") {
				t.Errorf("not a quiet end:\n%s", out)
			}
			p.leavesNothing(t)
		})
	}
}

func TestDemo_needsTheFolderOfTheProject(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "kvmbridge", "demo", "--once")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.HasPrefix(string(out), `kvmbridge: the demo needs the folder whmcs-php-shim of the project: run it with "make demo" there`) {
		t.Errorf("%v: %s", err, out)
	}
}

// run runs kvmbridge to its end with the account of the world.
func (w *world) run(t *testing.T, env []string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "kvmbridge", args...)
	cmd.Env = append(append(os.Environ(), "KVMBRIDGE_DB_USER=kvmbridge", "KVMBRIDGE_DB_PASSWORD="+dbPassword), env...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestCheck_looksAtEverything(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	code, out := w.run(t, nil, "check", "--whmcs", w.WHMCS.Dir)
	if want := "ok    configuration\nok    database\nok    schema\nok    shared secret\nok    callback of WHMCS\nok    Proxmox servers\nok    DNS zones\n"; code != 0 || out != want {
		t.Errorf("check = %d\n%s\nwant\n%s", code, out, want)
	}

	w.exec(t, "UPDATE tblservers SET accesshash = ''")
	second := w.copyRow(t, "tblservers", w.WHMCS.Seeded.ServerID)
	w.exec(t, "UPDATE tblservers SET name = 'Second', hostname = '', ipaddress = '' WHERE id = ?", second)
	third := w.copyRow(t, "tblservers", w.WHMCS.Seeded.ServerID)
	w.exec(t, "UPDATE tblservers SET name = 'Third', username = '' WHERE id = ?", third)
	code, out = w.run(t, []string{"KVMBRIDGE_CALLBACK_URL=" + w.WHMCS.URL + "/nowhere/callback.php"}, "check", "--whmcs", w.WHMCS.Dir)
	if code != 1 {
		t.Errorf("check = %d", code)
	}
	contains(t, "check", out, "ok    schema\n", "fault callback of WHMCS: The web server answered HTTP 404 by itself. Check the callback address")
	code, out = w.run(t, nil, "check", "--whmcs", w.WHMCS.Dir)
	if code != 1 {
		t.Errorf("check = %d", code)
	}
	contains(t, "check", out, "ok    callback of WHMCS\n", `fault Proxmox servers: Server "Simulated cluster" (ID: 1): `, w.Cluster.Fingerprint(),
		`fault Proxmox servers: Server "Second" (ID: 2): `, "neither a hostname nor an IP address", `fault Proxmox servers: Server "Third" (ID: 3) has no user name`)
	sentences(t, out)

	code, out = w.run(t, []string{"KVMBRIDGE_DB_PASSWORD=wrong", "KVMBRIDGE_ENGINE_WORKERS=many", "KVMBRIDGE_LISTEN=0.0.0.0:1"}, "check", "--whmcs", w.WHMCS.Dir)
	if code != 1 {
		t.Errorf("check = %d", code)
	}
	contains(t, "check", out, "engine.workers", "listen", "fault database: ", "kvmbridge")
	if n := strings.Count(out, "Access denied"); n != 1 {
		t.Errorf("the refusal of the database is told %d times:\n%s", n, out)
	}
	sentences(t, out)
}

func TestCheck_beforeActivation(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	code, out := w.run(t, nil, "check", "--whmcs", w.WHMCS.Dir)
	if code != 1 {
		t.Errorf("check = %d", code)
	}
	if n := strings.Count(out, "fault "); n != 2 {
		t.Errorf("%d faults, want the schema and the secret:\n%s", n, out)
	}
	contains(t, "check", out, "ok    database\n", "fault schema: ", "fault shared secret: There is no shared secret: activate the addon")
	sentences(t, out)
}

// sentences: each fault is one that a person can read.
func sentences(t *testing.T, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "fault ") && (!strings.HasSuffix(line, ".") || strings.HasSuffix(line, "..") || strings.HasSuffix(line, "!.")) {
			t.Errorf("not a sentence: %s", line)
		}
		if strings.HasPrefix(line, "fault ") {
			_, text, _ := strings.Cut(line, ": ")
			if text == "" || strings.ToUpper(text[:1]) != text[:1] && !strings.Contains(strings.Fields(text)[0], ".") {
				t.Errorf("not a sentence: %s", line)
			}
		}
	}
}

// The program as it is installed: serve in a process of its own, asked to stop by SIGTERM.
func TestServe_untilItIsToldToStop(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	p := launch(t, []string{"KVMBRIDGE_DB_USER=kvmbridge", "KVMBRIDGE_DB_PASSWORD=" + dbPassword, "KVMBRIDGE_LISTEN=" + w.Sidecar}, "serve", "--whmcs", w.WHMCS.Dir)
	p.says(t, "listening")
	needed(t, w.WHMCS.Activate(t.Context()))
	for _, c := range []struct{ path, says string }{{"/healthz", ""}, {"/readyz", ""}, {"/metrics", "kvmbridge_"}} {
		resp, err := http.Get("http://" + w.Sidecar + c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), c.says) {
			t.Errorf("%s: %d\n%s", c.path, resp.StatusCode, body)
		}
	}
	service := w.order(t)
	await(t, "a step", func() bool {
		return strings.Contains(p.out.String(), "step done") || strings.Contains(p.out.String(), "no free IPv4 address")
	}, p.out.tail)
	begun := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.ends(t); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.out)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	p.leavesNothing(t)
	if out := p.out.String(); strings.Contains(out, "level=ERROR") || strings.Contains(out, dbPassword) {
		t.Errorf("log:\n%s", out)
	}
	// What the process left, another takes up.
	needed(t, w.up(t.Context()))
	needed(t, w.pools(t.Context()))
	w.ready(t, service)
	w.delivered(t)
	if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "1" {
		t.Errorf("%s mails say that it is ready", n)
	}
}
