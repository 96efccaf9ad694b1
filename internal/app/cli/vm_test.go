package cli_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

func TestVM_handsArgumentsAndFlagsToTheWork(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]cli.MachineOptions{
		"vm show web":                   {Deed: cli.DeedShow, Text: "web"},
		"vm show 12 --service --json":   {Deed: cli.DeedShow, Text: "12", Service: true, JSON: true},
		"vm log 192.0.2.10 --json -n 3": {Deed: cli.DeedLog, Text: "192.0.2.10", JSON: true, Runs: 3},
		"vm log web":                    {Deed: cli.DeedLog, Text: "web", Runs: 50},
		"vm explain a.example":          {Deed: cli.DeedExplain, Text: "a.example"},
		"vm retry 12":                   {Deed: cli.DeedRetry, Text: "12"},
		"vm reset 12 --to ready":        {Deed: cli.DeedReset, Text: "12", To: "ready"},
		"vm restore 12":                 {Deed: cli.DeedRestore, Text: "12"},
		"vm delete-record 12 --service": {Deed: cli.DeedDeleteRecord, Text: "12", Service: true},
		"vm reset 12":                   {Deed: cli.DeedReset, Text: "12"},
	} {
		var got cli.MachineOptions
		a := cli.Actions{Machine: func(_ context.Context, c config.Config, o cli.MachineOptions, _ io.Writer) error {
			if c.DB.Name != "whmcs" {
				t.Errorf("%s: no configuration", line)
			}
			got = o
			return nil
		}}
		left := run(t, a, enough(), strings.Fields(line)...)
		if d := cmp.Diff(want, got); d != "" || left.code != 0 {
			t.Errorf("%s: code %d, %s (-want +got):\n%s", line, left.code, left.err, d)
		}
	}
}

func TestVM_saysWhatTheLineLacks(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]terminal{
		"vm show":            {code: 2, err: "accepts 1 arg"},
		"vm show a b":        {code: 2, err: "accepts 1 arg"},
		"vm web":             {code: 2, err: "say what to do before naming the machine"},
		"vm explain --json":  {code: 2, err: "unknown flag: --json"},
		"vm retry 12":        {code: 1, err: "vm is not part of this build"},
		"audit":              {code: 1, err: "audit is not part of this build"},
		"audit everything":   {code: 2, err: "kvmbridge: "},
		"vm delete-record":   {code: 2, err: "accepts 1 arg"},
		"vm reset 1 --force": {code: 2, err: "unknown flag: --force"},
	} {
		if got := run(t, cli.Actions{}, enough(), strings.Fields(line)...); got.code != want.code || !strings.Contains(got.err, want.err) {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

func TestAudit_exitCodeTellsWhetherAnythingDiffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		clean bool
		err   error
		want  terminal
	}{
		"clean":   {true, nil, terminal{0, "report, JSON true", ""}},
		"differs": {false, nil, terminal{1, "report, JSON true", ""}},
		"fails":   {false, errors.New("read the servers: away"), terminal{1, "report, JSON true", "kvmbridge: read the servers: away\n"}},
	} {
		a := cli.Actions{Audit: func(_ context.Context, _ config.Config, asJSON bool, out io.Writer) (bool, error) {
			if asJSON {
				_, _ = io.WriteString(out, "report, JSON true")
			}
			return c.clean, c.err
		}}
		if d := cmp.Diff(c.want, run(t, a, enough(), "audit", "--json"), cmp.AllowUnexported(terminal{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
