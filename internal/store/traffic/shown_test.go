package traffic_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store/traffic"
)

func TestDomains_runningServicesOfAServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	l := w.ledger(t)
	other := w.Server(t, "pve2")
	for i, change := range []string{
		"domain = 'A.example.com', domainstatus = 'Active'", "domain = 'b.example.com', domainstatus = 'Suspended'",
		"domain = 'c.example.com', domainstatus = 'Cancelled'", "domain = '', domainstatus = 'Active'",
		fmt.Sprintf("domain = 'e.example.com', domainstatus = 'Active', server = %d", other),
	} {
		w.Exec(t, "UPDATE tblhosting SET "+change+" WHERE id = ?", w.ids[i])
	}
	for domain, want := range map[string]map[int64]string{
		"":              {w.ids[0]: "A.example.com", w.ids[1]: "b.example.com"},
		"b.example.com": {w.ids[1]: "b.example.com"},
		"e.example.com": {},
	} {
		got, err := l.Domains(t.Context(), w.server, domain)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %v, %s", domain, err, cmp.Diff(want, got))
		}
	}
}

func TestShow_writesWholeMegabytesOfThoseAlone(t *testing.T) {
	t.Parallel()
	const services = 1003 // two statements
	w := newWorld(t, services+1)
	of := map[int64]traffic.Shown{}
	for i, id := range w.ids[:services] {
		of[id] = traffic.Shown{Used: uint64(i)<<20 + 1<<20 - 1, Limit: uint64(i%2) << 30}
	}
	of[w.ids[1]] = traffic.Shown{Used: 1<<64 - 1, Limit: 1<<64 - 1}
	w.Exec(t, "UPDATE tblhosting SET bwlimit = 77")
	zone := time.FixedZone("", 3600)
	if err := w.ledger(t).Show(t.Context(), of, noon().In(zone)); err != nil {
		t.Fatal(err)
	}
	shown := func(i int) string {
		return w.Text(t, "SELECT CONCAT_WS(' ', bwusage, bwlimit, diskusage, lastupdate) FROM tblhosting WHERE id = ?", w.ids[i])
	}
	for i, want := range map[int]string{
		0: "0 0 0 2031-04-05 13:00:00", 1: "2147483647 2147483647 0 2031-04-05 13:00:00", 3: "3 1024 0 2031-04-05 13:00:00",
		1001: "1001 1024 0 2031-04-05 13:00:00", services: "0 77 0 0000-00-00 00:00:00",
	} {
		if got := shown(i); got != want {
			t.Errorf("service %d: %q, want %q", i, got, want)
		}
	}
	if err := w.ledger(t).Show(t.Context(), nil, noon()); err != nil {
		t.Errorf("nothing to show: %v", err)
	}
}
