package vm_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	ledger "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// shifted is a clock that goes with another one.
type shifted struct {
	clock.Clock
	by time.Duration
}

func (c shifted) Now() time.Time { return c.Clock.Now().Add(c.by) }

// allowance is a world in the middle of a month with one machine that may use 1 GB and is slowed down from 12 to 5 MB/s then.
type allowance struct {
	*world
	id   int64
	vmid int
}

func newAllowance(t *testing.T) *allowance {
	t.Helper()
	clk := clock.NewScaled(speed)
	w := newWorldAt(t, shifted{clk, time.Date(2031, 4, 15, 12, 0, 0, 0, time.UTC).Sub(clk.Now())}, speed*3*time.Second)
	for _, name := range []string{"running out", "used up"} {
		w.db.Exec(t, `INSERT INTO tblemailtemplates (type, name, subject, message, attachments, fromname, fromemail, language, copyto, blind_copy_to)
			VALUES ('product', ?, ?, '', '', '', '', '', '', '')`, "puqProxmoxKVM Traffic is "+name, name)
	}
	stop := w.start(w.engine(w.store, w.steps))
	m := w.awaitStatus(w.order(strings.Replace(modest(500), `"network"`, `"traffic":{"limit_gb":1,"throttle_mbps":5},"network"`, 1)), vm.Ready)
	w.awaitIdle()
	stop()
	a := &allowance{w, m.ServiceID, m.VMID}
	a.collect(0)
	return a
}

// collect counts as the periodic task does.
func (a *allowance) collect(failed int) {
	a.t.Helper()
	c := &collect.Collector{
		Ledger: ledger.New(a.store.Handle()), Fleet: a.steps.Fleet, Clock: a.clk,
		Terms: func(ctx context.Context) (collect.Terms, error) {
			policies, err := a.whmcs.Allowances(ctx)
			return collect.Terms{Rule: traffic.ByCalendar, Zone: time.UTC, Policies: policies}, err
		},
	}
	if _, errs, details, err := c.Collect(a.t.Context()); err != nil || errs != failed {
		a.t.Fatalf("%d errors, %v, want %d: %v", errs, err, failed, details)
	}
}

// used makes the month stand at so many MB, and counts.
func (a *allowance) used(mb uint64) {
	a.t.Helper()
	a.db.Exec(a.t, "UPDATE kvmbridge_traffic SET month_at = '2031-04-01', month_in = ?, month_out = 0 WHERE service_id = ?", mb<<20, a.id)
	a.collect(0)
}

// told checks all mails so far, and the last one's fields.
func (a *allowance) told(mails string, fields ...string) {
	a.t.Helper()
	const of = " FROM kvmbridge_outbox WHERE kind = 'mail' AND subject LIKE '%Traffic%'"
	got := a.db.Text(a.t, "SELECT COALESCE(GROUP_CONCAT(REPLACE(subject, 'puqProxmoxKVM Traffic is ', '') ORDER BY id), '')"+of)
	if got != mails {
		a.t.Errorf("mails %q, want %q", got, mails)
	}
	for _, f := range fields {
		if vars := a.db.Text(a.t, "SELECT vars"+of+" ORDER BY id DESC LIMIT 1"); !strings.Contains(vars, f) {
			a.t.Errorf("the mail has %s, want %s in it", vars, f)
		}
	}
}

// rated waits until the network card has that rate and nobody has anything to do.
func (a *allowance) rated(mbps int) {
	a.t.Helper()
	a.atRest(patience, a.id)
	if g, _ := a.sim.Guest(a.vmid); !strings.HasSuffix(strings.ReplaceAll(g.Config["net0"], ",firewall=1", ""), ",rate="+strconv.Itoa(mbps)) {
		a.t.Errorf("net0 is %q, want rate=%d", g.Config["net0"], mbps)
	}
}

func TestAllowance_slowsTheNetworkCardDownUntilItIsLifted(t *testing.T) {
	t.Parallel()
	a := newAllowance(t)
	a.start(a.engine(a.store, a.steps))
	a.used(800)
	a.told("")
	a.used(900)
	a.used(950)
	a.rated(12)
	a.told("running out", `"traffic_used":"0.88"`, `"traffic_limit":"1.00"`, `"traffic_until":"2031-05-01"`, `"traffic_rate":""`, `"vm_id":"`+strconv.Itoa(a.vmid)+`"`)
	a.used(1100)
	a.used(1200)
	a.rated(5)
	a.told("running out,used up", `"traffic_rate":"5"`, `"traffic_used":"1.07"`)

	a.product(a.id, `"bandwidth_mbps":12`, `"bandwidth_mbps":20`)
	for name, do := range map[string]func() error{
		"change package": func() error { return a.store.Wish(t.Context(), a.id, vm.ChangePackage) },
		"set network":    func() error { return a.store.Ask(t.Context(), a.id, vm.JobNetwork) },
		"reinstall":      func() error { return a.desk.Reinstall(t.Context(), a.id) },
	} {
		must(t, do())
		a.rated(5)
		if t.Failed() {
			t.Fatalf("after %s", name)
		}
	}

	a.db.Option(t, a.id, "Traffic Limit", "3")
	a.collect(0)
	a.rated(20)
	a.db.Exec(t, "UPDATE tblproductconfigoptionssub SET optionname = '1'")
	a.collect(0)
	a.rated(5)
	a.told("running out,used up,used up")
	a.db.Exec(t, "UPDATE kvmbridge_traffic SET month_at = '2031-03-01', notice_at = '2031-03-01'")
	a.collect(0)
	a.rated(20)
	a.told("running out,used up,used up")
	a.used(1200)
	a.rated(5)
	a.db.Exec(t, "UPDATE tblproductconfigoptionssub SET optionname = '0'")
	a.collect(0)
	a.rated(20)
}

// Standing, mails and the job are one: whatever dies in between, nothing is told twice and nothing is forgotten.
func TestAllowance_survivesDeathsInBetween(t *testing.T) {
	t.Parallel()
	a := newAllowance(t)
	a.db.Exec(t, "CREATE TRIGGER no_job BEFORE INSERT ON kvmbridge_jobs FOR EACH ROW SIGNAL SQLSTATE '45000'")
	a.db.Exec(t, "UPDATE kvmbridge_traffic SET month_at = '2031-04-01', month_in = 2000 << 20")
	a.collect(1)
	a.told("")
	if n := a.db.Text(t, "SELECT throttled + notice FROM kvmbridge_traffic"); n != "0" {
		t.Errorf("a standing (%s) without its job", n)
	}
	a.db.Exec(t, "DROP TRIGGER no_job")
	a.collect(0)
	a.collect(0)
	a.told("used up")

	p := a.newProcess(nil, a.id) // the process that booked never did the job
	a.rated(5)
	p.stop()

	a.product(a.id, `"bandwidth_mbps":12`, `"bandwidth_mbps":20`)
	must(t, a.store.Wish(t.Context(), a.id, vm.ChangePackage)) // the machine is busy, and nobody works on it
	a.product(a.id, `"limit_gb":1`, `"limit_gb":10`)
	a.collect(0)
	a.newProcess(nil, a.id)
	a.rated(20)
}

// A product that nobody can read neither lifts nor tells.
func TestAllowance_ofABrokenProductStays(t *testing.T) {
	t.Parallel()
	a := newAllowance(t)
	a.start(a.engine(a.store, a.steps))
	a.used(1100)
	a.rated(5)
	a.product(a.id, `"limit_gb":1`, `"limit_gb":"much"`)
	a.collect(0)
	a.rated(5)
	a.told("used up")
	a.product(a.id, `"limit_gb":"much"`, `"limit_gb":1`)
	a.collect(0)
	a.told("used up")
}

// Without the templates there are no mails, as with those of other kinds that need none.
func TestAllowance_withoutTemplatesThereAreNoMails(t *testing.T) {
	t.Parallel()
	a := newAllowance(t)
	a.db.Exec(t, "DELETE FROM tblemailtemplates")
	a.used(1100)
	a.told("")
	if n := a.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE kind = 'activity' AND subject LIKE 'Traffic: %'"); n != "2" {
		t.Errorf("%s entries, want both", n)
	}
}
