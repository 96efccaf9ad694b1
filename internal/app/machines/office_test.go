package machines_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/machines"
	"github.com/kvmbridge/kvmbridge/internal/app/records"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// installation has two services whose machines are called web-<service> and both "twin.example.com"; the VM id of the second
// is the service id of the first.
type installation struct {
	*testdb.DB
	store         *store.DB
	names         records.Book
	first, second int64
}

func newInstallation(t *testing.T) installation {
	t.Helper()
	db := testdb.New(t)
	client, product, server := db.Client(t, "Ada", "Byron"), db.Product(t, "{}"), db.Server(t, "pve")
	i := installation{DB: db, store: db.Store(t), first: db.Service(t, client, product, server), second: db.Service(t, client, product, server)}
	box, err := seal.New([]byte("a key for these tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	i.names = records.NewBook(i.store, box)
	for _, id := range []int64{i.first, i.second} {
		err := i.store.Open(t.Context(), vm.Order{ServiceID: id, ServerID: server, Name: fmt.Sprintf("web-%d", id), Domain: "twin.example.com", Username: "ada", Password: "s3cret-and-long"})
		if err != nil {
			t.Fatal(err)
		}
	}
	db.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_id = ? WHERE service_id = ?", i.first, i.second)
	return i
}

func text(id int64) string { return strconv.FormatInt(id, 10) }

// ask runs one "kvmbridge vm".
func (i installation) ask(t *testing.T, o cli.MachineOptions) (string, error) {
	t.Helper()
	k, _ := records.NewKeeper(i.names, clock.System{}, slog.New(slog.DiscardHandler))
	counter := &desk.Desk{
		Registry: i.store, Directory: k, Clock: clock.System{}, Undo: time.Hour, Reprieves: i.store, Wake: func() {}, Interrupt: func(int64) {},
	}
	var out bytes.Buffer
	err := (&machines.Office{Store: i.store, Records: i.names, Desk: counter, Clock: clock.System{}}).Do(t.Context(), o, &out)
	return out.String(), err
}

// fail makes a pass over a machine that fails at its first step, to be tried again in an hour.
func (i installation) fail(t *testing.T, service int64, why string) {
	t.Helper()
	now := time.Now()
	l, m, err := i.store.Claim(t.Context(), service, now)
	if err != nil {
		t.Fatal(err)
	}
	run, err := i.store.Begin(t.Context(), l, "deploy", m.Status, now)
	if err != nil {
		t.Fatal(err)
	}
	e := pipeline.Entry{N: 1, Label: "Allocate IP", From: m.Status, To: m.Status, Result: why, Started: now, Took: 110 * time.Millisecond}
	err = i.store.Fail(t.Context(), l, &run, m, e, pipeline.Trouble{Failures: 1, Since: now, Attention: why, Wake: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
}

// state is everything that a deed could change.
func (i installation) state(t *testing.T, service int64) string {
	t.Helper()
	return i.Text(t, `SELECT CONCAT_WS(' ', i.vm_status, v.wake_at, v.lease_token, v.woken, v.failures) FROM puqProxmoxKVM_vm_info i
		JOIN kvmbridge_vm v ON v.service_id = i.service_id WHERE i.service_id = ?`, service)
}

func TestOffice_changesNothingUnlessOneMachineIsMeant(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	before := i.state(t, i.first) + i.state(t, i.second)
	list := fmt.Sprintf("--service %d: VM without an id (web-%d)", i.first, i.first)
	for _, deed := range []cli.Deed{cli.DeedShow, cli.DeedLog, cli.DeedExplain, cli.DeedRetry, cli.DeedReset, cli.DeedRestore, cli.DeedDeleteRecord} {
		for text, want := range map[string]string{
			"twin.example.com": list, text(i.first): list, "nobody": `no VM has "nobody" as its service id`, "": `no VM has ""`,
		} {
			out, err := i.ask(t, cli.MachineOptions{Deed: deed, Text: text, To: "remove"})
			if out != "" || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %q: %q, %v; want %q", deed, text, out, err, want)
			}
		}
		for text, want := range map[string]string{"4711": "service 4711 has no VM: run Create", "web": `"web" is no service id`, "-1": "is no service id"} {
			if _, err := i.ask(t, cli.MachineOptions{Deed: deed, Text: text, Service: true, To: "remove"}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s --service %q: %v; want %q", deed, text, err, want)
			}
		}
	}
	if after := i.state(t, i.first) + i.state(t, i.second); after != before {
		t.Errorf("state %s, was %s", after, before)
	}
}

func TestOffice_showsOneMachine(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.fail(t, i.first, "no address is free")
	out, err := i.ask(t, cli.MachineOptions{Deed: cli.DeedShow, Text: fmt.Sprintf("web-%d", i.first)})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		fmt.Sprintf("service     %d (Active in WHMCS)\n", i.first), "owner       client ", "VM          without an id web-", "addresses   none\n", "status      creation\n",
		"failures    1 in a row since ", "last error  no address is free\n", "attention   since ", `next        Next is "Allocate IP", step 1 of 15 of deploy`,
	} {
		if !strings.Contains(out, part) {
			t.Errorf("show lacks %q:\n%s", part, out)
		}
	}
	out, err = i.ask(t, cli.MachineOptions{Deed: cli.DeedShow, Text: text(i.first), Service: true, JSON: true})
	var got struct {
		ServiceID int64     `json:"service_id"`
		Status    string    `json:"status"`
		Failures  int       `json:"failures"`
		NextAt    time.Time `json:"next_at"`
		Addresses []string  `json:"addresses"`
		Next      []string  `json:"next"`
	}
	if wrong := json.Unmarshal([]byte(out), &got); err != nil || wrong != nil || got.ServiceID != i.first || got.Status != "creation" || got.Failures != 1 ||
		got.NextAt.Before(time.Now()) || got.Addresses == nil || len(got.Next) != 2 || strings.Contains(out, "s3cret") {
		t.Errorf("show --json: %v, %v\n%s", err, wrong, out)
	}
}

func TestOffice_logIsNewestFirstWithSteps(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	ask := cli.MachineOptions{Deed: cli.DeedLog, Text: text(i.first), Service: true, Runs: 50}
	if out, err := i.ask(t, ask); err != nil || !strings.HasPrefix(out, "Nothing has been done to the VM of service ") {
		t.Errorf("empty log: %q, %v", out, err)
	}
	i.fail(t, i.first, "no address is free")
	i.Exec(t, "UPDATE kvmbridge_vm SET wake_at = ? WHERE service_id = ?", time.Now().UTC().Add(-time.Second), i.first)
	i.fail(t, i.first, "the server is away")
	out, err := i.ask(t, ask)
	if err != nil || strings.Count(out, " deploy: waiting, creation -> creation, ") != 2 || strings.Index(out, "the server is away") > strings.Index(out, "no address is free") ||
		!strings.Contains(out, "  1.  Allocate IP  creation -> creation  0.11s  no address is free\n") {
		t.Errorf("log: %v\n%s", err, out)
	}
	ask.JSON, ask.Runs = true, 1
	out, err = i.ask(t, ask)
	var runs []struct {
		Action, Result, Error string
		Steps                 []struct {
			Label   string
			Seconds float64
		}
	}
	if wrong := json.Unmarshal([]byte(out), &runs); err != nil || wrong != nil || len(runs) != 1 || runs[0].Error != "the server is away" ||
		len(runs[0].Steps) != 1 || runs[0].Steps[0].Label != "Allocate IP" || runs[0].Steps[0].Seconds != 0.11 {
		t.Errorf("log --json: %v, %v\n%s", err, wrong, out)
	}
}

func TestOffice_retryMakesDueNow(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.fail(t, i.first, "no address is free")
	ask := cli.MachineOptions{Deed: cli.DeedRetry, Text: text(i.first), Service: true}
	if out, err := i.ask(t, ask); err != nil || !strings.Contains(out, "is due now") {
		t.Errorf("retry: %q, %v", out, err)
	}
	if s, err := i.store.Show(t.Context(), i.first); err != nil || s.WakeAt.After(time.Now()) || s.Machine.Failures != 1 {
		t.Errorf("after a retry: %+v, %v; want it due with its failures", s, err)
	}
	for to, want := range map[pipeline.State]string{vm.Ready: "nothing was changed", vm.Removed: `is at remove, which nothing leads out of by itself: use "kvmbridge vm reset`} {
		if err := i.store.Move(t.Context(), i.first, to); err != nil {
			t.Fatal(err)
		}
		before := i.state(t, i.first)
		out, err := i.ask(t, ask)
		if text := fmt.Sprint(out, err); !strings.Contains(text, want) || i.state(t, i.first) != before {
			t.Errorf("retry at %s: %s; want %q and no change", to, text, want)
		}
	}
}

func TestOffice_resetKnowsItsTargets(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	ask := cli.MachineOptions{Deed: cli.DeedReset, Text: text(i.first), Service: true}
	before := i.state(t, i.first)
	for _, to := range []string{"", "clone", "redy"} {
		ask.To = to
		if out, err := i.ask(t, ask); out != "" || err == nil || !strings.Contains(err.Error(), "set_dns_records") {
			t.Errorf("reset --to %q: %q, %v; want the list of statuses", to, out, err)
		}
	}
	if after := i.state(t, i.first); after != before {
		t.Errorf("state %s, was %s", after, before)
	}
	for _, to := range desk.ResetTargets() {
		ask.To = string(to)
		out, err := i.ask(t, ask)
		m, findErr := i.store.Find(t.Context(), i.first)
		if err != nil || findErr != nil || m.Status != to || !strings.Contains(out, "is at "+string(to)+" now; it was at ") {
			t.Errorf("reset --to %s: %q, %v; it is at %s", to, out, err, m.Status)
		}
	}
}

// A person is told what a restored machine does, and what is left to do in WHMCS.
func TestOffice_restoresWhatIsHeld(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	ask := cli.MachineOptions{Deed: cli.DeedRestore, Text: text(i.second), Service: true}
	if out, err := i.ask(t, ask); out != "" || err == nil || !strings.Contains(err.Error(), "there is no termination to take back") {
		t.Errorf("at creation: %q, %v", out, err)
	}
	i.Exec(t, "UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = ?", i.second)
	for suspended, want := range map[bool]string{false: "is started within seconds", true: "stays off, because the service is suspended"} {
		for _, err := range []error{
			i.store.Move(t.Context(), i.second, vm.Ready), i.store.Suspend(t.Context(), i.second, suspended), i.store.Move(t.Context(), i.second, vm.Terminate),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		out, err := i.ask(t, ask)
		m, findErr := i.store.Find(t.Context(), i.second)
		if err != nil || findErr != nil || m.Status != vm.Ready || m.Job != vm.JobPower || !strings.Contains(out, want) || !strings.Contains(out, "still calls the service Terminated") {
			t.Errorf("restore: %q, %v; it is %+v, %v; want %q", out, err, m, findErr, want)
		}
	}
}

// A record goes only when its machine has ended, and the person is told what may be left in Proxmox.
func TestOffice_deletesTheRecordOfAMachineThatHasEnded(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	ask := cli.MachineOptions{Deed: cli.DeedDeleteRecord, Text: text(i.second), Service: true}
	before := i.state(t, i.second)
	if out, err := i.ask(t, ask); out != "" || err == nil || !strings.Contains(err.Error(), "only records at error_terminate or remove can be deleted") || i.state(t, i.second) != before {
		t.Errorf("a record at creation: %q, %v", out, err)
	}
	if err := i.store.Move(t.Context(), i.second, vm.ErrorTerminate); err != nil {
		t.Fatal(err)
	}
	hosting := i.Text(t, "SELECT CONCAT_WS(' ', domain, username, dedicatedip, domainstatus) FROM tblhosting WHERE id = ?", i.second)
	out, err := i.ask(t, ask)
	if err != nil || !strings.Contains(out, fmt.Sprintf("The record of service %d was deleted", i.second)) ||
		!strings.Contains(out, fmt.Sprintf("If VM %d (web-%d) still exists in Proxmox, it is nobody's now", i.first, i.second)) {
		t.Errorf("delete-record: %q, %v", out, err)
	}
	left := i.Text(t, `SELECT (SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE service_id = ?) + (SELECT COUNT(*) FROM kvmbridge_vm WHERE service_id = ?)`, i.second, i.second)
	if is := i.Text(t, "SELECT CONCAT_WS(' ', domain, username, dedicatedip, domainstatus) FROM tblhosting WHERE id = ?", i.second); left != "0" || is != hosting {
		t.Errorf("%s rows are left; WHMCS's row is %q and was %q", left, is, hosting)
	}
	if _, err := i.ask(t, ask); err == nil || !strings.Contains(err.Error(), "has no VM: run Create") {
		t.Errorf("a second time: %v", err)
	}
	if err := i.store.Move(t.Context(), i.first, vm.Removed); err != nil {
		t.Fatal(err)
	}
	ask.Text = text(i.first)
	if out, err := i.ask(t, ask); err != nil || strings.Contains(out, "still exists") {
		t.Errorf("a machine without an id: %q, %v", out, err)
	}
}
