package pvesim_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

func TestFail_effects(t *testing.T) {
	t.Parallel()
	const path = "/nodes/pve1/qemu/9000/clone"
	rows := []struct {
		name   string
		fault  pvesim.Fault
		broken bool   // the client sees no answer
		want   string // else what it sees
		made   bool   // whether guest 100 exists afterwards
	}{
		{name: "refused", fault: pvesim.Fault{Status: 500, Reason: "out of luck"}, want: "500 out of luck"},
		{name: "gateway", fault: pvesim.Fault{Status: 596, Reason: "Connection timed out"}, want: "596 Connection timed out"},
		{name: "proxy page", fault: pvesim.Fault{Status: 502, HTML: true}, want: "502 Bad Gateway"},
		{name: "dropped", fault: pvesim.Fault{Drop: pvesim.DropBefore}, broken: true},
		{name: "answer lost", fault: pvesim.Fault{Drop: pvesim.DropAfter}, broken: true, made: true},
		{name: "task fails", fault: pvesim.Fault{TaskFails: "clone failed: no luck"}, want: "T clone failed: no luck"},
		{name: "task warns", fault: pvesim.Fault{TaskWarnings: 2}, want: "T WARNINGS: 2", made: true},
		{name: "late", fault: pvesim.Fault{Delay: time.Minute}, want: "T OK", made: true},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, nil)
			r.fault.Method, r.fault.Path, r.fault.Times = "POST", "/nodes/*/qemu/*/clone", 1
			l.sim.Fail(r.fault)
			begun := l.clock.Now()
			got, err := l.try("POST", path, form("newid", "100", "full", "1"))
			if (err != nil) != r.broken {
				t.Fatalf("error: got %v, want one: %v", err, r.broken)
			}
			if err == nil {
				if text := l.summary(got, r.want); text != r.want {
					t.Errorf("got %q, want %q", text, r.want)
				}
			}
			l.clock.step(20 * time.Second)
			if _, made := l.sim.Guest(100); made != r.made {
				t.Errorf("guest made: got %v, want %v", made, r.made)
			}
			if took := l.clock.Now().Sub(begun); took < r.fault.Delay {
				t.Errorf("took %v, want at least %v", took, r.fault.Delay)
			}
			if exit := l.task("POST", path, form("newid", "101")); exit != "OK" {
				t.Errorf("the next call: got %q, want OK", exit)
			}
		})
	}
}

func TestFail_skipsCountsAndIsTakenBack(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	remove := l.sim.Fail(pvesim.Fault{Path: "/nodes/**", Skip: 1, Times: 2, Status: 500, Reason: "no"})
	var seen []int
	for range 5 {
		seen = append(seen, l.do("GET", "/nodes/pve1/qemu", "").status)
	}
	if want := []int{200, 500, 500, 200, 200}; !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
	l.ok("GET", "/version", "")
	remove()
	always := l.sim.Fail(pvesim.Fault{Status: 500})
	if got := l.do("GET", "/version", "").status; got != 500 {
		t.Errorf("a fault without a path: got %d, want 500", got)
	}
	always()
	l.ok("GET", "/version", "")
}

func TestFillStorage_cloneFailsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.sim.FillStorage("local-lvm", 0)
	exit := l.task("POST", "/nodes/pve1/qemu/9000/clone", form("newid", "100", "full", "1"))
	if !strings.Contains(exit, "No space left on device") {
		t.Errorf("exit: got %q", exit)
	}
	if _, ok := l.sim.Guest(100); ok {
		t.Error("a guest was left behind")
	}
	if rows, _ := l.as(rootToken).ok("GET", "/nodes/pve1/storage/local-lvm/content", "vmid=100").data.([]any); len(rows) != 0 {
		t.Errorf("volumes left behind: %v", rows)
	}
}

func TestSetNodeOnline_callsFailAndTasksEnd(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	if exit := l.task("POST", "/nodes/pve1/qemu/9001/clone", form("newid", "100", "target", "pve2")); exit != "OK" {
		t.Fatal(exit)
	}
	upid, _ := l.ok("POST", "/nodes/pve2/qemu/100/status/start", "").data.(string)
	l.sim.SetNodeOnline("pve2", false)
	if r := l.do("GET", "/nodes/pve2/qemu/100/status/current", ""); r.status != 595 || r.raw != "" {
		t.Errorf("status of a guest on the dead node: got %d %q", r.status, r.raw)
	}
	if st := l.ok("GET", "/cluster/status", "").data.([]any)[0].(map[string]any); st["quorate"] != 1.0 {
		t.Errorf("two of three nodes are a quorum: got %v", st)
	}
	l.sim.SetNodeOnline("pve2", true)
	if exit := l.finish(upid); exit != "unexpected status" {
		t.Errorf("task of the dead node: got %q", exit)
	}
	l.sim.SetNodeOnline("pve1", false)
	if _, err := l.try("GET", "/version", ""); err == nil {
		t.Error("the front end's own node is down, yet it answers")
	}
}

func TestQuorum_lostWithHalfOfTheNodes(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(cfg *pvesim.Config) {
		cfg.Guests = append(cfg.Guests, pvesim.GuestConfig{VMID: 100, Node: "pve1", Running: true})
	})
	l.sim.SetNodeOnline("pve2", false)
	l.ok("PUT", "/nodes/pve1/qemu/100/config", "name=y")
	l.sim.SetNodeOnline("pve3", false)
	for _, r := range []struct{ method, path, params, want string }{
		{"PUT", "/nodes/pve1/qemu/100/config", "name=x", "500 unable to open file '/etc/pve/nodes/pve1/qemu-server/100.conf.tmp...' - Permission denied"},
		{"POST", "/nodes/pve1/qemu/9000/clone", "newid=101", "500 cluster not ready - no quorum?"},
		{"POST", "/nodes/pve1/qemu/100/firewall/rules", "type=in&action=DROP", "500 cfs-lock 'firewall-vm-100' error: no quorum!"},
		{"GET", "/nodes/pve1/qemu/100/migrate", "", "500 cluster not ready - no quorum?"},
		{"GET", "/cluster/nextid", "", "200 101"},
		{"POST", "/nodes/pve1/qemu/100/status/stop", "", "T OK"},
		{"POST", "/nodes/pve1/qemu/100/status/start", "", "500 cluster not ready - no quorum?"},
	} {
		if got := l.summary(l.do(r.method, r.path, r.params), r.want); !matches(r.want, got) {
			t.Errorf("%s %s: got %q, want %q", r.method, r.path, got, r.want)
		}
	}
}

func TestQuorum_halfOfTwoIsNotEnough(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V84)
	l.sim.SetNodeOnline("pve2", false)
	if r := l.do("POST", "/nodes/pve1/qemu", "vmid=101"); r.reason != "cluster not ready - no quorum?" {
		t.Errorf("got %d %s", r.status, r.reason)
	}
}

func TestCloneSlots_thirdCloneWaitsThenFails(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(cfg *pvesim.Config) {
		cfg.CloneSlots = 1
		cfg.Durations.Clone = 6 * time.Second
	})
	var upids []string
	for _, id := range []string{"100", "101", "102"} {
		upid, _ := l.ok("POST", "/nodes/pve1/qemu/9000/clone", form("newid", id, "full", "1")).data.(string)
		upids = append(upids, upid)
	}
	want := []string{"OK", "OK", "can't lock file '/var/lock/pve-manager/pve-storage-local-lvm' - got timeout"}
	for i, upid := range upids {
		if exit := l.finish(upid); exit != want[i] {
			t.Errorf("clone %d: got %q, want %q", i, exit, want[i])
		}
	}
	if _, ok := l.sim.Guest(102); ok {
		t.Error("the clone that failed left a guest")
	}
}

func TestClone_runningSourceTakesOneAtATime(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(cfg *pvesim.Config) {
		cfg.Guests = append(cfg.Guests, pvesim.GuestConfig{VMID: 130, Node: "pve1", Running: true, Config: map[string]string{"scsi0": "shared:4"}})
	})
	first, _ := l.ok("POST", "/nodes/pve1/qemu/130/clone", "newid=100").data.(string)
	second, _ := l.ok("POST", "/nodes/pve1/qemu/130/clone", "newid=101").data.(string)
	if exit := l.finish(second); exit != "can't lock file '/var/lock/qemu-server/lock-130.conf' - got timeout" {
		t.Errorf("second clone: got %q", exit)
	}
	if exit := l.finish(first); exit != "OK" {
		t.Errorf("first clone: got %q", exit)
	}
}

func TestCreate_inheritsWhatIsFiledUnderItsID(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.ok("POST", "/pools", "poolid=old")
	l.ok("PUT", "/pools/old", "vms=100")
	l.ok("POST", "/nodes/pve1/qemu/100/firewall/rules", "type=in&action=ACCEPT&enable=1")
	if exit := l.task("POST", "/nodes/pve1/qemu", "vmid=100"); exit != "OK" {
		t.Fatal(exit)
	}
	g, _ := l.sim.Guest(100)
	if len(g.Pools) != 1 || len(g.Firewall.Rules) != 1 {
		t.Errorf("got pools %v and rules %v, want one of each", g.Pools, g.Firewall.Rules)
	}
	if exit := l.task("DELETE", "/nodes/pve1/qemu/100", "purge=1"); exit != "OK" {
		t.Fatal(exit)
	}
	if left := l.sim.Firewall(100).Rules; len(left) != 0 {
		t.Errorf("rules after the guest is gone: %v", left)
	}
}

func TestResources_lagBehindTheGuests(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(cfg *pvesim.Config) { cfg.ResourceLag = 8 * time.Second })
	l.clock.step(time.Minute)
	if exit := l.task("POST", "/nodes/pve1/qemu/9000/clone", form("newid", "100", "name", "web1")); exit != "OK" {
		t.Fatal(exit)
	}
	status := func() any {
		rows, _ := l.ok("GET", "/cluster/resources", "type=vm").data.([]any)
		for _, row := range rows {
			if m, _ := row.(map[string]any); m["vmid"] == 100.0 {
				return m["status"]
			}
		}
		return "absent"
	}
	if got := status(); got != "unknown" {
		t.Errorf("just made: got %v, want unknown", got)
	}
	l.clock.step(9 * time.Second)
	if got := status(); got != "stopped" {
		t.Errorf("seen by the broadcast: got %v, want stopped", got)
	}
	if exit := l.task("POST", "/nodes/pve1/qemu/100/status/start", ""); exit != "OK" {
		t.Fatal(exit)
	}
	if got := status(); got != "stopped" {
		t.Errorf("just started: got %v, want stopped", got)
	}
}

// Many clients at once on a fast clock: the race detector's test, and the TLS one.
func TestSim_manyClientsOnAFastClock(t *testing.T) {
	t.Parallel()
	cfg := pvesim.Demo(clock.NewScaled(200))
	cfg.CloneSlots = 4
	sim := pvesim.New(cfg)
	srv, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(srv.CertPEM()) {
		t.Fatal("the certificate is no PEM")
	}
	if len(srv.Fingerprint()) != 95 {
		t.Errorf("fingerprint: got %q", srv.Fingerprint())
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	t.Cleanup(client.CloseIdleConnections)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() { cloneAndStart(t, client, srv.URL()+"/api2/json", 100+i) })
	}
	group.Wait()
	running := 0
	for _, g := range sim.Guests() {
		if g.Running {
			running++
		}
	}
	if running == 0 || running > 16 {
		t.Errorf("running guests: got %d, want 1 to 16", running)
	}
}

// cloneAndStart repeats a clone that lost the wait for the storage, as a client must, then starts the guest.
func cloneAndStart(t *testing.T, client *http.Client, base string, id int) {
	t.Helper()
	for range 20 {
		exit := runTask(t, client, base, fmt.Sprintf("/nodes/pve1/qemu/9000/clone?newid=%d", id))
		if exit == "OK" {
			exit = runTask(t, client, base, fmt.Sprintf("/nodes/pve1/qemu/%d/status/start", id))
			if exit != "OK" {
				t.Errorf("start %d: %s", id, exit)
			}
			return
		}
		if !strings.Contains(exit, "got timeout") {
			t.Errorf("clone %d: %s", id, exit)
			return
		}
	}
	t.Errorf("clone %d never got its turn", id)
}

func runTask(t *testing.T, client *http.Client, base, path string) string {
	t.Helper()
	upid := fmt.Sprint(ask(t, client, "POST", base+path))
	where := base + "/nodes/pve1/tasks/" + url.PathEscape(upid) + "/status"
	for range 2000 {
		st, _ := ask(t, client, "GET", where).(map[string]any)
		if st["status"] == "stopped" {
			return fmt.Sprint(st["exitstatus"])
		}
		time.Sleep(2 * time.Millisecond)
	}
	return "never ended"
}

func ask(t *testing.T, client *http.Client, method, where string) any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, where, http.NoBody)
	if err != nil {
		t.Error(err)
		return nil
	}
	req.Header.Set("Authorization", demoToken)
	res, err := client.Do(req)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %s %v", method, where, res.Status, err)
	}
	var body struct{ Data any }
	_ = json.Unmarshal(raw, &body)
	return body.Data
}
