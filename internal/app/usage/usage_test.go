package usage_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/usage"
	rows "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
)

const gigabyte = 1 << 30

type still time.Time

func (s still) Now() time.Time                       { return time.Time(s) }
func (s still) After(time.Duration) <-chan time.Time { return nil }

// world is a server with services that are counted.
type world struct {
	*testdb.DB
	usage.Usage
	server int64
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := testdb.New(t)
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	now := still(time.Date(2031, 4, 30, 22, 30, 0, 0, time.UTC)) // it is May there already
	return world{db, usage.Usage{
		Ledger: rows.New(db.Store(t).Handle()), Clock: now,
		Terms: func(context.Context) (collect.Terms, error) {
			return collect.Terms{Rule: traffic.ByCalendar, Zone: zone}, nil
		},
	}, db.Server(t, "pve")}
}

// add makes a service; month "" = nothing of it was ever counted.
func (w world) add(t *testing.T, domain, status, month string, in, out uint64) int64 {
	t.Helper()
	id := w.Service(t, w.Client(t, "Ada", "Byron"), w.Product(t, "{}"), w.server)
	w.Exec(t, "UPDATE tblhosting SET domain = ?, domainstatus = ?, bwusage = 7 WHERE id = ?", domain, status, id)
	if month != "" {
		w.Exec(t, `INSERT INTO kvmbridge_traffic (service_id, server_id, vm_id, node, taken_at, uptime, net_in, net_out, month_at, month_in, month_out, month_estimated, version)
			VALUES (?, ?, 100, 'pve1', '2031-04-30 22:10:00', 60, 0, 0, ?, ?, ?, 0, 1)`, id, w.server, month, in, out)
	}
	return id
}

const (
	april = "2031-03-31 22:00:00"
	may   = "2031-04-30 22:00:00"
)

func TestUsage_whatIsKnownOfThePresentMonth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(t, "Big.example.com", "Active", may, 3*gigabyte/2, gigabyte/1024)
	w.add(t, "quiet.example.com", "Suspended", may, 0, 0)
	w.add(t, "april.example.com", "Active", april, gigabyte, gigabyte)
	w.add(t, "never.example.com", "Active", "", 0, 0)
	w.add(t, "gone.example.com", "Terminated", may, gigabyte, gigabyte)
	w.add(t, "", "Active", may, gigabyte, gigabyte)
	w.add(t, "twice.example.com", "Active", may, gigabyte, gigabyte)
	w.add(t, "TWICE.example.com", "Active", "", 0, 0)
	all := map[string]bridge.Metrics{"Big.example.com": {In: 1.5, Out: 1.0 / 1024}, "quiet.example.com": {}}
	for tenant, want := range map[string]map[string]bridge.Metrics{
		"": all, "Big.example.com": {"Big.example.com": all["Big.example.com"]}, "quiet.example.com": {"quiet.example.com": {}},
		"april.example.com": {}, "never.example.com": {}, "gone.example.com": {}, "twice.example.com": {}, "nobody.example.com": {},
	} {
		got, err := w.Usage.Usage(t.Context(), w.server, tenant)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %v, %s", tenant, err, cmp.Diff(want, got))
		}
	}
	if got, err := w.Usage.Usage(t.Context(), w.server+1, ""); err != nil || len(got) != 0 {
		t.Errorf("another server: %v, %v", got, err)
	}
}

func TestUpdateUsage_writesBothDirectionsInTheZoneOfWHMCS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	big, old := w.add(t, "a.example.com", "Active", may, 3*gigabyte, gigabyte), w.add(t, "b.example.com", "Active", april, gigabyte, gigabyte)
	if err := w.UpdateUsage(t.Context(), w.server); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]string{big: "4096 2031-05-01 00:30:00", old: "7 0000-00-00 00:00:00"} {
		if got := w.Text(t, "SELECT CONCAT_WS(' ', bwusage, lastupdate) FROM tblhosting WHERE id = ?", id); got != want {
			t.Errorf("service %d: %q, want %q", id, got, want)
		}
	}
}

func TestUpdateUsage_comparesWhatCountsWithTheAllowance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent, unread := w.add(t, "a.example.com", "Active", may, 3*gigabyte, gigabyte), w.add(t, "b.example.com", "Active", may, gigabyte, 0)
	w.Exec(t, "UPDATE tblhosting SET bwlimit = 5")
	w.Terms = func(context.Context) (collect.Terms, error) {
		return collect.Terms{Rule: traffic.ByCalendar, Zone: time.UTC, Policies: map[int64]traffic.Policy{
			sent: {Limit: 2 * gigabyte, Counted: traffic.Out}, unread: {Unknown: true},
		}}, nil
	}
	w.Exec(t, "UPDATE kvmbridge_traffic SET month_at = '2031-04-01'")
	if err := w.UpdateUsage(t.Context(), w.server); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]string{sent: "1024 2048", unread: "7 5"} {
		if got := w.Text(t, "SELECT CONCAT_WS(' ', bwusage, bwlimit) FROM tblhosting WHERE id = ?", id); got != want {
			t.Errorf("service %d: %q, want %q", id, got, want)
		}
	}
}
