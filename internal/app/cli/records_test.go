package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// typed runs a line with a standard input.
func typed(t *testing.T, a cli.Actions, stdin io.Reader, args ...string) terminal {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(t.Context(), cli.Env{Args: args, Stdin: stdin, Stdout: &out, Stderr: &errs, Environ: enough(), Actions: a})
	return terminal{code, out.String(), errs.String()}
}

func TestDNS_handsArgumentsAndFlagsToTheWork(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]cli.RecordOptions{
		"dns plan":                        {Deed: cli.RecordsPlan},
		"dns plan --service 12 --json":    {Deed: cli.RecordsPlan, Service: 12, JSON: true},
		"dns sync --service 12":           {Deed: cli.RecordsSync, Service: 12},
		"dns sync --all --force":          {Deed: cli.RecordsSync, All: true, Force: true},
		"dns retry":                       {Deed: cli.RecordsRetry},
		"dns retry --service 12 --zone 3": {Deed: cli.RecordsRetry, Service: 12, Zone: 3},
		"dns zones --json":                {Deed: cli.ZonesList, JSON: true},
		"dns zones delete 3":              {Deed: cli.ZoneDelete, Zone: 3},
		"dns zones delete 3 --force":      {Deed: cli.ZoneDelete, Zone: 3, Force: true},
		"dns zones test 3":                {Deed: cli.ZoneTest, Zone: 3},
		"dns zones add example.com --type powerdns --set server=https://a=b --secret-stdin": {Deed: cli.ZoneAdd, Form: cli.ZoneForm{
			Name: new("example.com"), Type: new("powerdns"), Fields: map[string]string{"server": "https://a=b"}, Secret: new(" key "),
		}},
		"dns zones edit 3 --ttl 600 --take-over=false --set user= --force": {Deed: cli.ZoneEdit, Zone: 3, Force: true, Form: cli.ZoneForm{
			TTL: new(600), TakeOver: new(false), Fields: map[string]string{"user": ""},
		}},
		"dns zones edit 3 --name example.org": {Deed: cli.ZoneEdit, Zone: 3, Form: cli.ZoneForm{Name: new("example.org"), Fields: map[string]string{}}},
	} {
		var got cli.RecordOptions
		a := cli.Actions{Records: func(_ context.Context, c config.Config, o cli.RecordOptions, _ io.Writer) (bool, error) {
			if c.DB.Name != "whmcs" {
				t.Errorf("%s: no configuration", line)
			}
			got = o
			return true, nil
		}}
		left := typed(t, a, strings.NewReader(" key \r\n"), strings.Fields(line)...)
		if d := cmp.Diff(want, got); d != "" || left.code != 0 {
			t.Errorf("%s: code %d, %s (-want +got):\n%s", line, left.code, left.err, d)
		}
	}
}

func TestDNS_saysWhatTheLineLacks(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]terminal{
		"dns sync":                       {code: 2, err: "say which records: --service with the service id, or --all"},
		"dns sync --service 1 --all":     {code: 2, err: "say which records"},
		"dns sync --service 0":           {code: 2, err: "--service takes a service id"},
		"dns plan --service -4":          {code: 2, err: "--service takes a service id"},
		"dns plan x":                     {code: 2, err: "unknown command"},
		"dns retry --zone 0":             {code: 2, err: "--zone takes the id"},
		"dns zones 12":                   {code: 2, err: "there is no dns zones 12; there are add, edit, delete and test"},
		"dns zones add":                  {code: 2, err: "accepts 1 arg"},
		"dns zones test example.com":     {code: 2, err: `"example.com" is no zone id`},
		"dns zones edit 0":               {code: 2, err: `"0" is no zone id`},
		"dns zones add a --set server":   {code: 2, err: "--set takes field=value"},
		"dns zones add a --set =x":       {code: 2, err: "--set takes field=value"},
		"dns zones add a --ttl soon":     {code: 2, err: "invalid argument"},
		"dns zones add a --secret-stdin": {code: 1, err: "standard input is empty"},
		"dns plan":                       {code: 1, err: "dns plan is not part of this build"},
	} {
		if got := typed(t, cli.Actions{}, nil, strings.Fields(line)...); got.code != want.code || !strings.Contains(got.err, want.err) {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

// A secret is taken from standard input alone, and one in the wrong place is not repeated.
func TestDNS_takesSecretsFromStandardInputAlone(t *testing.T) {
	t.Parallel()
	a := cli.Actions{Records: func(context.Context, config.Config, cli.RecordOptions, io.Writer) (bool, error) {
		t.Error("the work was done")
		return true, nil
	}}
	for _, line := range []string{
		"dns zones add a --set api_key=m4rk3r", "dns zones edit 1 --set API_Token=m4rk3r", "dns zones edit 1 --set password=m4rk3r",
		"dns zones add a --set m4rk3r", "dns zones add a --secret-stdin=m4rk3r",
	} {
		got := typed(t, a, strings.NewReader("m4rk3r"), strings.Fields(line)...)
		if got.code != 2 || strings.Contains(got.out+got.err, "m4rk3r") && !strings.Contains(line, "stdin=") {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if got := typed(t, a, strings.NewReader(strings.Repeat("m4rk3r", 1000)), "dns", "zones", "add", "a", "--secret-stdin"); got.code != 1 || strings.Contains(got.err, "m4rk3r") {
		t.Errorf("too much: %+v", got)
	}
}

func TestDNS_exitCodeTellsWhetherAllIsWell(t *testing.T) {
	t.Parallel()
	faults := zones.FormErrors{{Field: "server", Text: "Server URL is missing."}, {Field: "api_key", Text: "API Key is missing."}}
	for name, c := range map[string]struct {
		well bool
		err  error
		want terminal
	}{
		"well":      {true, nil, terminal{0, "lines\n", ""}},
		"not well":  {false, nil, terminal{1, "lines\n", ""}},
		"fails":     {false, errors.New("there is no DNS zone 3"), terminal{1, "lines\n", "kvmbridge: there is no DNS zone 3\n"}},
		"ill typed": {false, faults, terminal{1, "lines\n", "fault server: Server URL is missing.\nfault api_key: API Key is missing.\n"}},
	} {
		a := cli.Actions{Records: func(_ context.Context, _ config.Config, _ cli.RecordOptions, out io.Writer) (bool, error) {
			_, _ = io.WriteString(out, "lines\n")
			return c.well, c.err
		}}
		if d := cmp.Diff(c.want, typed(t, a, nil, "dns", "zones", "edit", "3"), cmp.AllowUnexported(terminal{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
