package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// readyAt is a machine that was deployed: VM 101 on pve1 with an address and nothing to do.
func readyAt(t *testing.T) (world, *store.DB, *stopped) {
	t.Helper()
	w, d, c := openedAt(t)
	ctx := t.Context()
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.9", "10.0.0.1", 24))
	if _, err := d.Lease(ctx, w.want(2, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Reserve(ctx, w.server, w.service, 101, nil); err != nil {
		t.Fatal(err)
	}
	l, m, run := claim(t, d, w.service, c.now)
	m.VMID, m.MAC, m.Node = 101, "BC:24:11:00:00:01", "pve1"
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.Ready, c.now)); err != nil {
		t.Fatal(err)
	}
	end(t, d, l, &run, m, c.now)
	return w, d, c
}

func end(t *testing.T, d *store.DB, l pipeline.Lease, run *pipeline.Run, m *vm.Machine, now time.Time) {
	t.Helper()
	if err := d.End(t.Context(), l, run, m, now, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// must fails the test on the first error.
func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// runJob claims the machine, which must have this job at its head, and settles it.
func runJob(t *testing.T, d *store.DB, id int64, want vm.Job, now time.Time) {
	t.Helper()
	l, m, err := d.Claim(t.Context(), id, now)
	if err != nil || m.Job != want || m.JobAt != want.At() {
		t.Fatalf("Claim: job %q at %q, %v; want %q", m.Job, m.JobAt, err, want)
	}
	run, err := d.Begin(t.Context(), l, string(want), want.At(), now)
	must(t, err)
	e := entry(1, want.At(), want.At()+":done", now)
	must(t, d.Settle(t.Context(), l, &run, m, e))
	if m.Status != vm.Ready {
		t.Errorf("status after job %s = %s, want ready", want, m.Status)
	}
	end(t, d, l, &run, m, now)
}

func due(t *testing.T, d *store.DB, now time.Time) bool {
	t.Helper()
	ids, _, err := d.Due(t.Context(), now, 10)
	must(t, err)
	return len(ids) > 0
}

func status(t *testing.T, d *store.DB, id int64) pipeline.State {
	t.Helper()
	m, err := d.Find(t.Context(), id)
	must(t, err)
	return m.Status
}

func TestMove_takesTheMachineFromAPassUnderWay(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	admin := w.Store(t, withClock(c))
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Fail(t.Context(), l, &run, m, failure(1, vm.Creation, "x", c.now), pipeline.Trouble{Failures: 12, Since: c.now, Attention: "y", Wake: c.now}))
	l, m, run = claim(t, d, w.service, c.now)
	m.Task, m.Node = "UPID:1", "pve1"
	must(t, d.Note(t.Context(), l, m))
	must(t, admin.Move(t.Context(), w.service, vm.Terminate))
	before := dump(t, w)
	m.VMID, m.Mails = 999, []vm.Mail{{Template: "wrong"}}
	for name, err := range map[string]error{
		"Settle":  d.Settle(t.Context(), l, &run, m, entry(1, vm.Creation, vm.SetIP, c.now)),
		"Fail":    d.Fail(t.Context(), l, &run, m, failure(1, vm.Creation, "wrong", c.now), pipeline.Trouble{Failures: 1}),
		"End":     d.End(t.Context(), l, &run, m, c.now, time.Time{}),
		"Note":    d.Note(t.Context(), l, m),
		"Release": d.Release(t.Context(), l, c.now),
	} {
		if !errors.Is(err, pipeline.ErrLost) {
			t.Errorf("%s of the pass that lost the machine: %v, want ErrLost", name, err)
		}
	}
	if after := dump(t, w); after != before {
		t.Errorf("the pass changed something:\n%s\n%s", before, after)
	}
	l2, m2, err := admin.Claim(t.Context(), w.service, c.now)
	if err != nil || m2.Status != vm.Terminate || m2.Failures != 0 || m2.Attention != "" || m2.LastError != "" || m2.Task != "" || m2.Node != "pve1" || l2.Token <= l.Token {
		t.Errorf("Claim after Move = %+v, %+v, %v; want terminate, due at once, without the trouble of before", l2, m2, err)
	}
}

func TestMove_onlyFromTheStatusesGiven(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	before := dump(t, w)
	err := d.Move(t.Context(), w.service, vm.Reinstall, vm.Ready, vm.Starting)
	if !errors.Is(err, vm.ErrRefused) || !strings.Contains(err.Error(), `"creation"`) {
		t.Errorf("Move of a machine at creation: %v, want ErrRefused that names the status", err)
	}
	if after := dump(t, w); after != before {
		t.Errorf("a refused Move changed something:\n%s\n%s", before, after)
	}
	must(t, d.Move(t.Context(), w.service, vm.SetIP, vm.Ready, vm.Creation))
	for name, err := range map[string]error{
		"Move": d.Move(t.Context(), 4711, vm.Ready), "Wish": d.Wish(t.Context(), 4711, vm.ChangePackage), "Ask": d.Ask(t.Context(), 4711, vm.JobStart),
		"Forget": d.Forget(t.Context(), 4711), "SetPassword": d.SetPassword(t.Context(), 4711, "x"), "Discarded": d.Discarded(t.Context(), 4711),
	} {
		if !errors.Is(err, vm.ErrNoMachine) {
			t.Errorf("%s without a record: %v, want ErrNoMachine", name, err)
		}
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_vm"); n != "1" {
		t.Errorf("rows of ours = %s, want none for a service without a record", n)
	}
}

func TestMove_isDueWhereSomethingIsToBeDone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to        pipeline.State
		wish      pipeline.State
		job       vm.Job
		due       bool
		wishAfter string
	}{
		{to: vm.Ready},
		{to: vm.Removed},
		{to: vm.ErrorTerminate},
		{to: vm.Creation, due: true},
		{to: vm.SetDNSRecords, due: true},
		{to: vm.Ready, job: vm.JobStop, due: true},
		{to: vm.Ready, wish: vm.ChangePackage, due: true, wishAfter: "change_package"},
		{to: vm.Reinstall, wish: vm.ChangePackage, due: true, wishAfter: "change_package"},
		{to: vm.ChangePackage, wish: vm.ChangePackage, due: true},
		{to: vm.Terminate, wish: vm.ChangePackage, due: true, wishAfter: "change_package"}, // should the end be taken back
		{to: vm.Removed, wish: vm.ChangePackage, job: vm.JobStop},
	} {
		t.Run(fmt.Sprint(c.to, c.wish, c.job), func(t *testing.T) {
			t.Parallel()
			w, d, clock := openedAt(t)
			if c.wish != "" {
				must(t, d.Wish(t.Context(), w.service, c.wish))
			}
			if c.job != "" {
				must(t, d.Ask(t.Context(), w.service, c.job))
			}
			must(t, d.Move(t.Context(), w.service, c.to))
			if got := due(t, d, clock.now); got != c.due {
				t.Errorf("due after Move to %s: %v, want %v", c.to, got, c.due)
			}
			if got := w.Text(t, "SELECT COALESCE(wish, '') FROM kvmbridge_vm"); got != c.wishAfter {
				t.Errorf("wish = %q, want %q", got, c.wishAfter)
			}
		})
	}
}

func TestMove_toRemoveFreesWhatTheGuestHadAndLeavesWHMCSAlone(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobStop), d.Move(ctx, w.service, vm.Removed))
	if m, err := d.Find(ctx, w.service); err != nil || m.VMID != 0 || m.Node != "" || m.Password == "" {
		t.Errorf("machine = %+v, %v; want no id and no node, somebody else may get the id", m, err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS('|', dedicatedip, assignedips) FROM tblhosting WHERE id = ?", w.service); got != "10.0.0.2|10.0.0.3" {
		t.Errorf("WHMCS shows %s, want its row left alone", got)
	}
	for table, want := range map[string]string{"kvmbridge_ip_allocations": "0", "kvmbridge_vmid_reservations": "0", "kvmbridge_jobs": "0"} {
		if got := w.Text(t, "SELECT COUNT(*) FROM "+table); got != want {
			t.Errorf("rows of %s = %s, want %s", table, got, want)
		}
	}
	if got := w.Text(t, "SELECT domain FROM tblhosting WHERE id = ?", w.service); got != "vm-1.example.com" {
		t.Errorf("domain = %q, want it left alone", got)
	}
	other := w
	other.service = w.Service(t, w.client, w.product, w.server)
	must(t, d.Open(ctx, other.order()))
	got, err := d.Lease(ctx, other.want(1, 0))
	if err != nil || texts(got) != "10.0.0.4" {
		t.Errorf("Lease = %s, %v; want 10.0.0.4: the service is Active in WHMCS and shows the first two", texts(got), err)
	}
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = ?", w.service)
	d.Freed() // what was read a moment ago is used for a moment
	if got, err = d.Lease(ctx, other.want(2, 0)); err != nil || texts(got) != "10.0.0.4 10.0.0.2" {
		t.Errorf("Lease = %s, %v; want 10.0.0.2 too: its service has ended", texts(got), err)
	}
}

func TestWish_ofABusyMachineIsTakenUpOnceWhenItIsReady(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	for _, wish := range []pipeline.State{vm.SetDNSRecords, vm.ChangePackage, vm.ChangePackage, vm.SetDNSRecords} { // a change writes the records too
		must(t, d.Wish(ctx, w.service, wish))
	}
	if got := status(t, d, w.service); got != vm.Creation {
		t.Errorf("status = %s, want a busy machine left where it is", got)
	}
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.Ready, c.now)))
	end(t, d, l, &run, m, c.now)
	l, m, run = claim(t, d, w.service, c.now)
	if m.Status != vm.ChangePackage {
		t.Fatalf("status after the deploy = %s, want change_package, due at once", m.Status)
	}
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.ChangePackage, vm.Ready, c.now)))
	end(t, d, l, &run, m, c.now)
	if got := status(t, d, w.service); got != vm.Ready || due(t, d, c.now.Add(time.Hour)) {
		t.Errorf("status = %s, want ready and nothing more to do: the wishes are one", got)
	}
}

// A change that is ordered while one runs may have come too late for its first steps.
func TestWish_forWhatRunsAlreadyRunsOnceMore(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Wish(ctx, w.service, vm.ChangePackage), d.Wish(ctx, w.service, vm.ChangePackage))
	if got := w.Text(t, "SELECT COUNT(wish) FROM kvmbridge_vm"); got != "0" {
		t.Errorf("wishes = %s, want none: what was ordered has not begun", got)
	}
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Wish(ctx, w.service, vm.ChangePackage))
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.ChangePackage, vm.Ready, c.now)))
	end(t, d, l, &run, m, c.now)
	if got := status(t, d, w.service); got != vm.ChangePackage || !due(t, d, c.now) {
		t.Errorf("status = %s, want change_package once more", got)
	}
}

func TestWish_isRefusedWhereTheLifeIsOver(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	for _, at := range []pipeline.State{vm.Terminate, vm.ErrorTerminate, vm.Removed} {
		must(t, d.Move(t.Context(), w.service, at))
		for name, err := range map[string]error{
			"Wish": d.Wish(t.Context(), w.service, vm.ChangePackage), "Ask": d.Ask(t.Context(), w.service, vm.JobStart),
		} {
			if !errors.Is(err, vm.ErrRefused) || !strings.Contains(err.Error(), string(at)) {
				t.Errorf("%s at %s: %v, want ErrRefused that names it", name, at, err)
			}
		}
	}
}

// Neither a job that fails nor a process that dies between ready and the end of the run may keep a wish from its machine.
func TestWish_isTakenUpByTheNextClaim(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]bool{"a job under way fails": true, "the process dies": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d, c := readyAt(t)
			ctx := t.Context()
			must(t, d.Ask(ctx, w.service, vm.JobStop))
			l, m, run := claim(t, d, w.service, c.now)
			must(t, d.Wish(ctx, w.service, vm.ChangePackage))
			if got := status(t, d, w.service); got != vm.Ready {
				t.Errorf("status = %s, want the job not cut short", got)
			}
			if fail {
				must(t, d.Fail(ctx, l, &run, m, failure(1, vm.JobStop.At(), "x", c.now), pipeline.Trouble{Failures: 1, Wake: c.now.Add(time.Hour)}))
				c.now = c.now.Add(time.Second)
			} else {
				c.now = c.now.Add(time.Minute)
			}
			_, m, err := d.Claim(ctx, w.service, c.now)
			if err != nil || m.Status != vm.ChangePackage || m.Job != "" {
				t.Errorf("Claim = %+v, %v; want the machine at change_package", m, err)
			}
			if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_jobs"); got != "1" {
				t.Errorf("jobs = %s, want the job to wait", got)
			}
		})
	}
}

func TestAsk_runsInOrderAndOnceEach(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	for _, j := range []vm.Job{vm.JobStop, vm.JobNetwork, vm.JobStop, vm.JobStart} {
		must(t, d.Ask(ctx, w.service, j))
	}
	for _, j := range []vm.Job{vm.JobStop, vm.JobNetwork, vm.JobStart} {
		runJob(t, d, w.service, j, c.now)
	}
	if due(t, d, c.now.Add(time.Hour)) {
		t.Error("the machine is due although its queue is empty")
	}
	runs, err := d.Runs(ctx, w.service, 10)
	if err != nil || len(runs) != 4 || runs[0].Action != "start" || runs[0].Result != "success" || runs[0].From != vm.Ready || runs[0].To != vm.Ready || runs[0].Steps[0].To != vm.Ready {
		t.Errorf("runs = %+v, %v; want the deploy and three jobs that stand at ready", runs, err)
	}
	if log := lastLog(t, w); log.Action != "start" || log.From != "ready" || log.To != "ready" || log.Result != "success" {
		t.Errorf("log = %+v", log)
	}
	if history := w.Text(t, "SELECT vm_deploy_log FROM puqProxmoxKVM_vm_info"); strings.Count(history, `"action"`) != 4 {
		t.Errorf("history = %s, want runs of every kind", history)
	}
}

func TestAsk_ofABusyMachineWaitsUntilItIsReady(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobPower))
	l, m, run := claim(t, d, w.service, c.now)
	if m.Job != "" || *vm.Position(m) != vm.Creation {
		t.Fatalf("job %q while deploying, want none", m.Job)
	}
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.Starting, c.now)))
	must(t, d.Ask(ctx, w.service, vm.JobStop))
	must(t, d.Settle(ctx, l, &run, m, entry(2, vm.Starting, vm.Ready, c.now)))
	end(t, d, l, &run, m, c.now)
	runJob(t, d, w.service, vm.JobPower, c.now)
	runJob(t, d, w.service, vm.JobStop, c.now)
}

// The run may have read the password before it was changed.
func TestAsk_whileTheJobRunsDoesItOnceMore(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	set := func(password string) {
		must(t, d.SetPassword(ctx, w.service, password), d.Ask(ctx, w.service, vm.JobPassword))
	}
	set("first")
	set("second")
	l, m, run := claim(t, d, w.service, c.now)
	if m.Password != "second" {
		t.Errorf("password = %q, want the last one", m.Password)
	}
	set("third")
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.JobPassword.At(), vm.JobPassword.At()+":done", c.now)))
	end(t, d, l, &run, m, c.now)
	_, m, err := d.Claim(ctx, w.service, c.now)
	if err != nil || m.Job != vm.JobPassword || m.Password != "third" {
		t.Errorf("Claim = job %q, password %q, %v; want the job once more with the new one", m.Job, m.Password, err)
	}
}

func TestFail_ofAJobKeepsItAndTellsLikeAStep(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobStart))
	trouble := pipeline.Trouble{Failures: 10, Since: c.now, Attention: "10 failures in a row", Wake: c.now.Add(time.Minute)}
	for range 3 {
		l, m, _ := claim(t, d, w.service, c.now)
		run, err := d.Begin(ctx, l, "start", m.JobAt, c.now)
		must(t, err, d.Fail(ctx, l, &run, m, failure(1, vm.JobStart.At(), "node is down", c.now), trouble))
		c.now = trouble.Wake
		trouble.Wake = trouble.Wake.Add(time.Minute)
	}
	m, err := d.Find(ctx, w.service)
	if err != nil || m.Status != vm.Ready || m.Job != vm.JobStart || m.Failures != 10 || m.LastError != "node is down" {
		t.Errorf("machine = %+v, %v; want the job kept with its failures", m, err)
	}
	if runs, err := d.Runs(ctx, w.service, 10); err != nil || len(runs) != 2 || runs[0].Repeats != 2 || runs[0].Result != "waiting" {
		t.Errorf("runs = %+v, %v; want one waiting run with two repetitions", runs, err)
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE kind = 'activity'"); n != "1" {
		t.Errorf("activity entries = %s, want one", n)
	}
	must(t, d.Ask(ctx, w.service, vm.JobStart)) // somebody presses the button again instead of waiting
	runJob(t, d, w.service, vm.JobStart, c.now)
	if worries, err := d.Worries(ctx, 5); err != nil || len(worries) != 0 {
		t.Errorf("Worries = %+v, %v; want none after the success", worries, err)
	}
}

// A job that fails for ever must not keep the guest of a suspended service alive.
func TestAsk_aSuspensionGoesFirst(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobFirewall), d.Ask(ctx, w.service, vm.JobStart))
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Fail(ctx, l, &run, m, failure(1, m.JobAt, "not allowed", c.now), pipeline.Trouble{Failures: 1, Wake: c.now.Add(time.Hour)}))
	must(t, d.Suspend(ctx, w.service, true), d.Ask(ctx, w.service, vm.JobPower))
	runJob(t, d, w.service, vm.JobPower, c.now)
	runJob(t, d, w.service, vm.JobFirewall, c.now)
}

// A start that was queued before the suspension waits for nothing that would not start the guest by itself.
func TestFail_ofAParkedJobLetsTheNextOneRun(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobStart), d.Ask(ctx, w.service, vm.JobNetwork))
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Fail(ctx, l, &run, m, failure(1, m.JobAt, "waits until the service is unsuspended", c.now), pipeline.Trouble{Parked: true}))
	runJob(t, d, w.service, vm.JobNetwork, c.now.Add(time.Second))
	if due(t, d, c.now.Add(time.Hour)) {
		t.Error("the machine is due although its queue is empty")
	}
}

func TestSettle_ofAJobThatWasDroppedIsLost(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobStart))
	l, m, run := claim(t, d, w.service, c.now)
	w.Exec(t, "DELETE FROM kvmbridge_jobs")
	before := dump(t, w)
	for name, err := range map[string]error{
		"Settle": d.Settle(ctx, l, &run, m, entry(1, vm.JobStart.At(), vm.JobStart.At()+":done", c.now)),
		"Fail":   d.Fail(ctx, l, &run, m, failure(1, vm.JobStart.At(), "x", c.now), pipeline.Trouble{Failures: 1}),
	} {
		if !errors.Is(err, pipeline.ErrLost) {
			t.Errorf("%s: %v, want ErrLost", name, err)
		}
	}
	if after := dump(t, w); after != before {
		t.Errorf("something was written:\n%s\n%s", before, after)
	}
}

// Something else that is ordered of a machine comes before its change and not in its place; only an admin who calls it ready, and
// an order that is built anew, end the change.
func TestMove_keepsAChangeThatWasUnderWay(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	ctx := t.Context()
	wish := func() string {
		return w.Text(t, "SELECT COALESCE(wish, '') FROM kvmbridge_vm WHERE service_id = ?", w.service)
	}
	for _, tc := range []struct {
		to     pipeline.State
		wished pipeline.State // meanwhile
		want   pipeline.State
	}{
		{vm.SetDNSRecords, "", vm.ChangePackage},
		{vm.SetDNSRecords, vm.SetDNSRecords, vm.ChangePackage},
		{vm.Creation, "", vm.ChangePackage},
		{vm.SetIP, "", vm.ChangePackage},
		{vm.ChangePackage, "", ""},
		{vm.ChangePackage, vm.ChangePackage, ""},
		{vm.ChangePackage, vm.SetDNSRecords, vm.SetDNSRecords},
		{vm.Ready, "", ""},
	} {
		w.Exec(t, "UPDATE kvmbridge_vm SET wish = NULL")
		must(t, d.Move(ctx, w.service, vm.CPStop))
		if tc.wished != "" {
			must(t, d.Wish(ctx, w.service, tc.wished))
		}
		if must(t, d.Move(ctx, w.service, tc.to)); wish() != string(tc.want) {
			t.Errorf("to %s with the wish %q: the wish is %q, want %q", tc.to, tc.wished, wish(), tc.want)
		}
	}
	must(t, d.Move(ctx, w.service, vm.CPStop), d.Reopen(ctx, w.order()))
	if wish() != "" {
		t.Errorf("after an order that is built anew the wish is %q, want none", wish())
	}
}

// Whoever is faster, the job that was asked for and the wish are carried out.
func TestAsk_isNeverOverheardByAnEndingRun(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	other := w.Store(t, withClock(c))
	ctx := t.Context()
	for n := range 30 {
		must(t, d.Move(ctx, w.service, vm.Starting))
		l, m, run := claim(t, d, w.service, c.now)
		must(t, d.Settle(ctx, l, &run, m, entry(1, vm.Starting, vm.Ready, c.now)))
		var group sync.WaitGroup
		group.Go(func() {
			if err := d.End(ctx, l, &run, m, c.now, time.Time{}); err != nil {
				t.Errorf("End: %v", err)
			}
		})
		group.Go(func() {
			var err error
			if n%2 == 0 {
				err = other.Ask(ctx, w.service, vm.JobStart)
			} else {
				err = other.Wish(ctx, w.service, vm.ChangePackage)
			}
			if err != nil {
				t.Errorf("order: %v", err)
			}
		})
		group.Wait()
		if n%2 == 0 {
			runJob(t, other, w.service, vm.JobStart, c.now)
			continue
		}
		if _, m, err := other.Claim(ctx, w.service, c.now); err != nil || m.Status != vm.ChangePackage {
			t.Fatalf("round %d: Claim = %+v, %v; want the wish taken up", n, m, err)
		}
	}
}

func TestSettle_toReadyTellsAStepThatDidNotLookWhatTheWishIs(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Wish(ctx, w.service, vm.SetDNSRecords))
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Suspend(ctx, w.service, true))
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.SetDNSRecords, vm.Ready, c.now)); !errors.Is(err, pipeline.ErrAgain) || !m.Suspended {
		t.Fatalf("Settle: %v, suspended %v; want ErrAgain and the wish", err, m.Suspended)
	}
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.SetDNSRecords, vm.Ready, c.now)))
}
