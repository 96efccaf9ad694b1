package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// actionLog is vm_last_action_log as its readers take it.
type actionLog struct {
	Action, Result, Start, Finish, From, To, Error string
	LastErrorAction                                string `json:"last_error_action"`
	LastErrorMessage                               string `json:"last_error_message"`
	Steps                                          []struct {
		Label, Result, From, To, Time string
		Duration                      float64
	}
}

func lastLog(t *testing.T, w world) actionLog {
	t.Helper()
	var log actionLog
	text := w.Text(t, "SELECT vm_last_action_log FROM puqProxmoxKVM_vm_info WHERE service_id = ?", w.service)
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatalf("vm_last_action_log %q: %v", text, err)
	}
	return log
}

func TestSettle_writesRecordLogAndMailTogether(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	m.VMID, m.MAC, m.Node, m.Task = 101, "BC:24:11:00:00:01", "pve1", "UPID:pve1:1"
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.SetIP, c.now)); err != nil {
		t.Fatal(err)
	}
	skipped := entry(2, vm.SetIP, vm.Cloned, c.now)
	skipped.Skip, skipped.Took = "no change — é", 0
	m.Mails = []vm.Mail{{Template: "VM is ready", Vars: map[string]string{"vm_id": "101"}}}
	if err := d.Settle(ctx, l, &run, m, skipped); err != nil {
		t.Fatal(err)
	}
	if m.Status != vm.Cloned || m.Mails != nil || run.ID == 0 || run.Steps != 2 {
		t.Errorf("after two settlements: status %s, mails %v, run %+v", m.Status, m.Mails, run)
	}
	got, err := d.Find(ctx, w.service)
	if err != nil || got.VMID != 101 || got.MAC != m.MAC || got.Node != "pve1" || got.Task != "" || m.Task != "" || got.Status != vm.Cloned {
		t.Errorf("record = %+v, %v", got, err)
	}
	log := lastLog(t, w)
	if log.Action != "deploy" || log.From != "creation" || log.To != "clone" || log.Start != "2031-04-05 06:07:08" || len(log.Steps) != 2 ||
		log.Steps[0].Duration != 0.11 || !strings.Contains(log.Steps[1].Label, "skip (no change — é)") || log.Steps[1].Result != "success" {
		t.Errorf("log = %+v", log)
	}
	effects, next, err := d.Pending(ctx, c.now.Add(time.Second), 10)
	if err != nil || len(effects) != 1 || !next.IsZero() {
		t.Fatalf("Pending = %v, %v, %v; want one mail", effects, next, err)
	}
	if e := effects[0]; e.Kind != "mail" || e.Subject != "VM is ready" || e.Vars["vm_id"] != "101" || e.ServiceID != w.service || e.ClientID != w.client {
		t.Errorf("effect = %+v", e)
	}
}

func TestFail_keepsTheStatusAndSaysWhy(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.SetIP, c.now)); err != nil {
		t.Fatal(err)
	}
	bad := "storage \xff full " + strings.Repeat("x", 9000)
	trouble := pipeline.Trouble{Failures: 3, Since: c.now.Add(-time.Minute), Wake: c.now.Add(8 * time.Second)}
	if err := d.Fail(ctx, l, &run, m, failure(2, vm.SetIP, bad, c.now), trouble); err != nil {
		t.Fatal(err)
	}
	got, err := d.Find(ctx, w.service)
	if err != nil || got.Status != vm.SetIP || got.Failures != 3 || !got.FailingSince.Equal(trouble.Since) || !strings.HasPrefix(got.LastError, "storage ? full") {
		t.Errorf("record = %+v, %v", got, err)
	}
	ids, next, err := d.Due(ctx, c.now, 10)
	if err != nil || len(ids) != 0 || !next.Equal(trouble.Wake) {
		t.Errorf("Due = %v, %v, %v; want the machine at its wake time", ids, next, err)
	}
	log := lastLog(t, w)
	if log.Result != "waiting" || log.LastErrorAction != "Step" || !strings.HasPrefix(log.LastErrorMessage, "storage") || log.Error == "" {
		t.Errorf("log = %+v", log)
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox"); n != "0" {
		t.Errorf("effects = %s, want none before a person is needed", n)
	}
}

// The same failure again and again is one line with a counter; another failure, or the same one later in a run, is a new line.
func TestFail_countsWhatOnlyRepeatsItself(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	fail := func(text string) {
		t.Helper()
		c.now = c.now.Add(time.Minute)
		l, m, run := claim(t, d, w.service, c.now)
		if err := d.Fail(t.Context(), l, &run, m, failure(1, vm.Creation, text, c.now), pipeline.Trouble{Failures: 1, Wake: c.now}); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		fail("pool is full")
	}
	fail("cluster is down")
	fail("pool is full")
	runs, err := d.Runs(t.Context(), w.service, 10)
	if err != nil || len(runs) != 3 {
		t.Fatalf("runs = %+v, %v; want three", runs, err)
	}
	if first := runs[2]; first.Repeats != 4 || len(first.Steps) != 1 || first.Error != "pool is full" || !first.Finished.After(first.Started.Add(4*time.Minute-time.Second)) {
		t.Errorf("first run = %+v, want four repetitions and the time of the last", first)
	}
	if m, err := d.Find(t.Context(), w.service); err != nil || m.Failures != 1 || m.LastError != "pool is full" {
		t.Errorf("record = %+v, %v", m, err)
	}
}

func TestFail_tellsTheActivityLogOnceThatAPersonIsNeeded(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	for range 3 {
		l, m, run := claim(t, d, w.service, c.now)
		trouble := pipeline.Trouble{Failures: 10, Since: c.now, Attention: "10 failures in a row", Wake: c.now}
		if err := d.Fail(ctx, l, &run, m, failure(1, vm.Creation, "pool is full", c.now), trouble); err != nil {
			t.Fatal(err)
		}
	}
	effects, _, err := d.Pending(ctx, c.now.Add(time.Minute), 10)
	if err != nil || len(effects) != 1 || effects[0].Kind != "activity" || !strings.Contains(effects[0].Subject, fmt.Sprint("service ", w.service)) || !strings.Contains(effects[0].Subject, "pool is full") {
		t.Errorf("effects = %+v, %v; want one entry that names service and reason", effects, err)
	}
	worries, err := d.Worries(ctx, 10)
	if err != nil || len(worries) != 1 || worries[0].ServiceID != w.service || worries[0].Attention != "10 failures in a row" || worries[0].LastError != "pool is full" {
		t.Errorf("Worries = %+v, %v", worries, err)
	}
	l, m, run := claim(t, d, w.service, c.now)
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.SetIP, c.now)); err != nil {
		t.Fatal(err)
	}
	if worries, err = d.Worries(ctx, 10); err != nil || len(worries) != 0 {
		t.Errorf("Worries after a success = %+v, %v; want none", worries, err)
	}
}

func TestFail_tellsTheWebhookTooWhereOneIsConfigured(t *testing.T) {
	t.Parallel()
	for configured, want := range map[bool]string{true: "1", false: "0"} {
		w := newWorld(t)
		c := &stopped{now: moment()}
		d := w.Store(t, withClock(c), func(cfg *store.Config) { cfg.Webhook = configured })
		if err := d.Open(t.Context(), w.order()); err != nil {
			t.Fatal(err)
		}
		lease, m, run := claim(t, d, w.service, c.now)
		trouble := pipeline.Trouble{Failures: 1, Since: c.now, Attention: "no template", Wake: c.now}
		if err := d.Fail(t.Context(), lease, &run, m, failure(1, vm.Creation, "no template", c.now), trouble); err != nil {
			t.Fatal(err)
		}
		if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE kind = 'webhook'"); got != want {
			t.Errorf("configured %t: %s messages, want %s", configured, got, want)
		}
	}
}

func TestEnd_keepsTheNewest50Runs(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	const runs = 53
	for range runs {
		c.now = c.now.Add(time.Minute)
		w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'creation'")
		w.Exec(t, "UPDATE kvmbridge_vm SET wake_at = ?", c.now)
		l, m, run := claim(t, d, w.service, c.now)
		if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.Ready, c.now)); err != nil {
			t.Fatal(err)
		}
		if err := d.End(ctx, l, &run, m, c.now, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := d.Runs(ctx, w.service, 100)
	if err != nil || len(kept) != 50 || !kept[0].Started.Equal(c.now) || kept[0].Result != "success" || len(kept[49].Steps) != 1 {
		t.Errorf("%d runs kept, newest %+v, %v; want 50, newest first", len(kept), kept[0], err)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_run_steps"); got != "50" {
		t.Errorf("steps = %s, want those of the runs kept", got)
	}
	var history []actionLog
	if err := json.Unmarshal([]byte(w.Text(t, "SELECT vm_deploy_log FROM puqProxmoxKVM_vm_info")), &history); err != nil {
		t.Fatal(err)
	}
	if len(history) != 50 || history[0].Start != c.now.Format(time.DateTime) || history[0].Result != "success" {
		t.Errorf("history of %d runs, newest %+v; want 50, newest first", len(history), history[0])
	}
	last, ok, err := d.LastRun(ctx, w.service)
	if err != nil || !ok || last.ID != kept[0].ID {
		t.Errorf("LastRun = %+v, %v, %v", last, ok, err)
	}
}

// The process died in the middle of a run: the next run closes it, so that no run seems to go on for ever.
func TestSettle_closesARunThatNobodyContinues(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.SetIP, c.now)); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Minute)
	l, m, run = claim(t, d, w.service, c.now)
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.SetIP, vm.Cloned, c.now)); err != nil {
		t.Fatal(err)
	}
	runs, err := d.Runs(ctx, w.service, 10)
	if err != nil || len(runs) != 2 || runs[0].Result != "running" || runs[1].Result != "waiting" || runs[1].Finished.IsZero() {
		t.Errorf("runs = %+v, %v; want the first closed as waiting", runs, err)
	}
}

func TestCounts_perStatus(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	ids := w.more(t, 1000)
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'ready' WHERE service_id = ?", ids[0])
	counts, err := d.Counts(t.Context())
	if err != nil || counts[vm.Creation] != 1000 || counts[vm.Ready] != 1 {
		t.Errorf("Counts = %v, %v", counts, err)
	}
	if n, err := d.LiveMachines(t.Context()); err != nil || n != 1001 {
		t.Errorf("LiveMachines = %d, %v", n, err)
	}
}

func TestReserve_lowestIDThatNobodyUses(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	ctx := t.Context()
	other := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, 202, 'ready')", other)
	elsewhere := w.Service(t, w.client, w.product, w.Server(t, "other"))
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, 201, 'ready')", elsewhere)
	w.placed(t, 9001, 9002)
	reserve := func(service int64, want int) {
		t.Helper()
		got, err := d.Reserve(ctx, w.server, service, 200, map[int]bool{200: true})
		if err != nil || got != want {
			t.Errorf("Reserve for service %d = %d, %v; want %d", service, got, err, want)
		}
	}
	reserve(w.service, 201) // 200 is in the cluster; 201 belongs to a record on another cluster
	reserve(w.service, 201) // the same again
	reserve(9001, 203)      // 202 is named by a record
	if err := d.Forfeit(ctx, w.server, w.service, 201); err != nil {
		t.Fatal(err)
	}
	reserve(w.service, 204) // 201 stays blocked
	if got, err := d.Reserve(ctx, w.server, 9002, 1, nil); err != nil || got != 100 {
		t.Errorf("Reserve from 1 on = %d, %v; want 100, Proxmox has none below", got, err)
	}
}

// A pass that was overtaken by the end of its machine's life leaves no id behind.
func TestReserve_notForALifeThatHasEnded(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	for _, at := range []pipeline.State{vm.Terminate, vm.ErrorTerminate, vm.Removed} {
		if err := d.Move(t.Context(), w.service, at); err != nil {
			t.Fatal(err)
		}
		if id, err := d.Reserve(t.Context(), w.server, w.service, 100, nil); !errors.Is(err, vm.ErrRefused) || id != 0 {
			t.Errorf("Reserve at %s = %d, %v; want no id and ErrRefused", at, id, err)
		}
	}
	if _, err := d.Reserve(t.Context(), w.server, 9001, 100, nil); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("Reserve without a record: %v, want ErrNoMachine", err)
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_vmid_reservations"); n != "0" {
		t.Errorf("%s ids are reserved", n)
	}
}

// placed writes records of orders that nothing else is known of.
func (w world) placed(t *testing.T, services ...int64) {
	t.Helper()
	for _, id := range services {
		w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, 'creation')", id)
	}
}

func TestReserve_parallelProcessesNeverShareAnID(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	other := w.Store(t)
	const n = 200
	got := make(chan int, n)
	for i := range int64(n) {
		w.placed(t, 5000+i)
	}
	for i := range int64(n) {
		go func() {
			s := d
			if i%2 == 1 {
				s = other
			}
			id, err := s.Reserve(t.Context(), w.server, 5000+i, 1000, nil)
			if err != nil {
				t.Errorf("Reserve: %v", err)
			}
			got <- id
		}()
	}
	var ids []int
	for range n {
		ids = append(ids, <-got)
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != n || ids[0] != 1000 || ids[n-1] != 1000+n-1 {
		t.Errorf("ids = %v, want %d different ones without a gap", ids, n)
	}
}
