package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// terminal is what one command line left behind.
type terminal struct {
	code     int
	out, err string
}

func run(t *testing.T, a cli.Actions, environ []string, args ...string) terminal {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{Args: args, Stdout: &out, Stderr: &errs, Environ: environ, Actions: a})
	return terminal{code, out.String(), errs.String()}
}

// enough is the smallest environment without faults.
func enough() []string {
	return []string{"KVMBRIDGE_DB_NAME=whmcs", "KVMBRIDGE_DB_USER=u", "KVMBRIDGE_SEAL_KEY=0123456789abcdef"}
}

func TestRun_tellsFaultsOfTheLineFromFaultsOfTheWork(t *testing.T) {
	t.Parallel()
	broken := cli.Actions{
		Migrate: func(context.Context, config.Config, io.Writer) error { return errors.New("migrate: the disk is full") },
	}
	for name, c := range map[string]struct {
		args    []string
		environ []string
		code    int
		err     string
	}{
		"no such command": {[]string{"migrat"}, nil, 2, `unknown command "migrat"`},
		"no such flag":    {[]string{"version", "--x"}, nil, 2, "unknown flag: --x"},
		"an argument":     {[]string{"version", "x"}, nil, 2, "kvmbridge: "},
		"no such release": {[]string{"pvesim", "--version", "6.4"}, nil, 1, "pvesim is not part of this build"},
		"work fails":      {[]string{"migrate"}, enough(), 1, "kvmbridge: migrate: the disk is full\n"},
		"faults":          {[]string{"migrate"}, nil, 1, "fault configuration: The database user is not known."},
		"not built in":    {[]string{"serve"}, enough(), 1, "serve is not part of this build"},
	} {
		got := run(t, broken, c.environ, c.args...)
		if got.code != c.code || !strings.Contains(got.err, c.err) {
			t.Errorf("%s: code %d, said %q; want %d, %q", name, got.code, got.err, c.code, c.err)
		}
	}
}

func TestRun_handsTheConfigurationToTheWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "k.toml")
	if err := os.WriteFile(file, []byte("[engine]\ncalls = 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var seen []string
	note := func(name string, c config.Config) {
		if c.DB.Name == "whmcs" && c.Engine.Calls == 3 {
			seen = append(seen, name)
		}
	}
	a := cli.Actions{
		Serve: func(ctx context.Context, c config.Config, l *slog.Logger) error {
			note("serve", c)
			l.InfoContext(ctx, "serving")
			return nil
		},
		Migrate: func(_ context.Context, c config.Config, _ io.Writer) error { note("migrate", c); return nil },
		Grants:  func(_ context.Context, c config.Config, _ io.Writer) error { note("grants", c); return nil },
	}
	for _, name := range []string{"serve", "migrate", "grants"} {
		environ := append(enough(), "KVMBRIDGE_LOG_FORMAT=json")
		if got := run(t, a, environ, name, "--config", file); got.code != 0 || name == "serve" && !json.Valid([]byte(got.err)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if d := cmp.Diff([]string{"serve", "migrate", "grants"}, seen); d != "" {
		t.Error(d)
	}
}

func TestCheck_saysEverythingAtOnce(t *testing.T) {
	t.Parallel()
	finds := func(faults ...config.Fault) func(context.Context, config.Config) []config.Fault {
		return func(ctx context.Context, _ config.Config) []config.Fault {
			if _, ok := ctx.Deadline(); !ok {
				return []config.Fault{{Text: "The probe has no deadline."}}
			}
			return faults
		}
	}
	a := cli.Actions{Probes: []cli.Probe{
		{Name: "database", Needs: "db.", Run: finds(config.Fault{Text: "The database refuses the user."})},
		{Name: "schema", Run: finds(config.Fault{Place: "database", Text: "The database refuses the user."})},
		{Name: "callback", Needs: "callback.", Run: finds()},
	}}
	broken := run(t, a, append(enough(), "KVMBRIDGE_CALLBACK_URL=x"), "check")
	wantBroken := "skip  callback (mend the configuration first)\n" +
		"fault KVMBRIDGE_CALLBACK_URL: callback.url must be an address that begins with https:// or http://. It is \"x\".\n" +
		"fault database: The database refuses the user.\n"
	if d := cmp.Diff(terminal{1, wantBroken, ""}, broken, cmp.AllowUnexported(terminal{})); d != "" {
		t.Error(d)
	}
	a.Probes[0].Run, a.Probes[1].Run = finds(), finds()
	fine := run(t, a, enough(), "check")
	if d := cmp.Diff(terminal{0, "ok    configuration\nok    database\nok    schema\nok    callback\n", ""}, fine, cmp.AllowUnexported(terminal{})); d != "" {
		t.Error(d)
	}
}

func TestGrants_needsNoConfiguration(t *testing.T) {
	t.Parallel()
	a := cli.Actions{Grants: func(_ context.Context, _ config.Config, out io.Writer) error {
		_, err := io.WriteString(out, "GRANT")
		return err
	}}
	if got := run(t, a, nil, "grants"); got.code != 0 || got.out != "GRANT" {
		t.Errorf("grants = %+v", got)
	}
	if got := run(t, a, []string{"KVMBRIDGE_DB_PORT=x"}, "grants"); got.code != 1 || !strings.Contains(got.err, "db.port") {
		t.Errorf("grants with a fault = %+v", got)
	}
}

func TestCheck_probesNothingWithoutWHMCS(t *testing.T) {
	t.Parallel()
	a := cli.Actions{Probes: []cli.Probe{{Name: "callback", Run: func(context.Context, config.Config) []config.Fault { return nil }}}}
	got := run(t, a, nil, "check", "--whmcs", t.TempDir())
	if got.code != 1 || !strings.Contains(got.out, "skip  callback") {
		t.Errorf("check = %+v, want the probe skipped", got)
	}
}

func TestServe_logsFromTheLevelAskedFor(t *testing.T) {
	t.Parallel()
	a := cli.Actions{Serve: func(ctx context.Context, _ config.Config, l *slog.Logger) error {
		l.InfoContext(ctx, "quiet")
		l.WarnContext(ctx, "loud")
		return nil
	}}
	if got := run(t, a, append(enough(), "KVMBRIDGE_LOG_LEVEL=warn"), "serve").err; strings.Contains(got, "quiet") || !strings.Contains(got, "msg=loud") {
		t.Errorf("log = %s", got)
	}
}

func TestStates_printsTables(t *testing.T) {
	t.Parallel()
	a := cli.Actions{States: func() []cli.StateTable {
		return []cli.StateTable{{"deploy", "creation", "ready", []cli.StateStep{{"creation", "cloned", "Clone <disk> & go"}, {"cloned", "ready", "Start"}}}}
	}}
	want := `[{"table":"deploy","start":"creation","end":"ready","steps":[` +
		`{"from":"creation","to":"cloned","label":"Clone <disk> & go"},{"from":"cloned","to":"ready","label":"Start"}]}]` + "\n"
	if got := run(t, a, nil, "states", "--json"); got.out != want || got.code != 0 {
		t.Errorf("states --json = %+v, want %s", got, want)
	}
	text := run(t, a, nil, "states").out
	for _, part := range []string{"deploy: creation to ready, 2 steps\n", "1  creation  cloned  Clone <disk> & go\n", "2  cloned    ready   Start\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("states = %s, want a line %q", text, part)
		}
	}
}

func TestFlags_reachTheWork(t *testing.T) {
	t.Parallel()
	var demo cli.DemoOptions
	var sim cli.SimOptions
	var bench []string
	a := cli.Actions{
		Demo:   func(_ context.Context, o cli.DemoOptions, _ io.Writer) error { demo = o; return nil },
		Sim:    func(_ context.Context, o cli.SimOptions, _ io.Writer) error { sim = o; return nil },
		Bench:  func(_ context.Context, args []string, _ io.Writer) error { bench = args; return nil },
		Schema: func() int { return 11 },
	}
	run(t, a, nil, "demo", "--once")
	run(t, a, nil, "pvesim", "--listen", "127.0.0.1:0", "--version", "8.4", "--fast")
	run(t, a, nil, "bench", "deploy_calls")
	if !demo.Once || sim != (cli.SimOptions{Listen: "127.0.0.1:0", Version: "8.4", Fast: true}) || len(bench) != 1 {
		t.Errorf("demo %+v, sim %+v, bench %v", demo, sim, bench)
	}
	if got := run(t, a, nil, "pvesim", "--version", "6.4"); got.code != 2 || !strings.Contains(got.err, "take 7.4, 8.4 or 9.2") {
		t.Errorf("pvesim --version 6.4: %+v", got)
	}
	if got := run(t, a, nil, "version").out; !strings.Contains(got, "schema    11\n") || !strings.Contains(got, "\ngo        go1.") {
		t.Errorf("version = %s", got)
	}
}
