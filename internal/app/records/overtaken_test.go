package records_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/records"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
)

// overtaken is a ledger in which something happens right before the first order is written down.
type overtaken struct {
	records.Book
	first func()
}

func (o *overtaken) Intend(ctx context.Context, id int64, names []string, verify bool, now time.Time, decide func([]dns.Entry) (dns.Decision, error)) (dns.Decision, error) {
	if o.first != nil {
		o.first()
		o.first = nil
	}
	return o.Book.Intend(ctx, id, names, verify, now, decide)
}

// Between the look at a machine and the order it may end or change: no record may be left that nobody owns.
func TestSync_overtakenByTheMachine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, w *world, id int64)
		wanted int // A records in the end
		wish   string
		says   string
	}{
		"terminates": {func(t *testing.T, w *world, id int64) { t.Helper(); w.status(t, id, "terminate") }, 0, "", "it ended meanwhile"},
		"is removed": {func(t *testing.T, w *world, id int64) { t.Helper(); w.status(t, id, "remove"); w.release(t, id) }, 0, "", "it ended meanwhile"},
		"terminates, and may be restored": {func(t *testing.T, w *world, id int64) {
			t.Helper()
			w.status(t, id, "terminate")
			w.Exec(t, "UPDATE kvmbridge_vm SET ended_at = UTC_TIMESTAMP(6) WHERE service_id = ?", id)
		}, 1, "", `at "terminate" now`},
		"changes":             {func(t *testing.T, w *world, id int64) { t.Helper(); w.status(t, id, "change_package") }, 1, "set_dns_records", `its VM is at "change_package"`},
		"loses its addresses": {func(t *testing.T, w *world, id int64) { t.Helper(); w.release(t, id) }, 1, "", `its VM is at "ready"`},
		"stays":               {func(*testing.T, *world, int64) {}, 1, "", "fwd "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.zone(t, forward, "http://127.0.0.1:1", "k")
			id := w.machine(t, "vm-1."+forward, "192.0.2.10")
			office := w.newOffice()
			office.Undo = time.Hour
			office.Keeper = keeper.New(keeper.Config{
				Book: &overtaken{w.book, func() { c.change(t, w, id) }}, Open: office.Open, Clock: w.clock, Log: slog.New(slog.DiscardHandler),
			})
			var out strings.Builder
			_, err := office.Do(t.Context(), cli.RecordOptions{Deed: cli.RecordsSync, Service: id}, &out)
			if err != nil {
				t.Error(err)
			}
			contains(t, "sync", out.String(), c.says)
			got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_dns_records WHERE type = 'A' AND state <> 'pending_delete'")
			if got != strconv.Itoa(c.wanted) {
				t.Errorf("%s records are wanted, not %d\n%s", got, c.wanted, w.ledger(t))
			}
			if c.wish != "" && w.Text(t, "SELECT COALESCE(wish, '') FROM kvmbridge_vm WHERE service_id = ?", id) != c.wish {
				t.Errorf("the change does not know that records have to be set again")
			}
		})
	}
}
