package proxmox_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// lab is the adapter before a simulated cluster; tasks take their time on a clock 500 times as fast.
type lab struct {
	*proxmox.Cluster
	sim     *pvesim.Sim
	version contract.Version
}

var versions = []contract.Version{contract.V74, contract.V84, contract.V92}

// onEachVersion runs a story once per release, with a token that has just the role that this package asks for.
func onEachVersion(t *testing.T, story func(*testing.T, lab)) {
	t.Helper()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			story(t, openLab(t, v, nil, nil))
		})
	}
}

func openLab(t *testing.T, v contract.Version, simulated func(*pvesim.Config), adapter func(*proxmox.Config)) lab {
	t.Helper()
	sc := pvesim.Demo(clock.NewScaled(500))
	sc.Version = v
	sc.Pools = []string{"tenants"}
	sc.Storages = append(sc.Storages, pvesim.StorageConfig{ID: "files", Type: "dir", Content: []string{"images"}, SizeGiB: 100})
	sc.Templates = append(sc.Templates, pvesim.TemplateConfig{VMID: 9002, Name: "files", Node: "pve1", Storage: "files", Bus: "scsi0", DiskGiB: 5, Boot: "order=scsi0"})
	sc.Grants = []pvesim.Grant{{Who: "kvmbridge@pve", Path: "/", Privs: proxmox.Role(string(v))}}
	if simulated != nil {
		simulated(&sc)
	}
	sim := pvesim.New(sc)
	server, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	trust, err := proxmox.ParseTrust(server.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	cfg := proxmox.Config{
		Name: "sim", URL: server.URL(), Trust: trust,
		Auth: proxmox.Auth{TokenID: pvesim.DemoTokenID, Secret: pvesim.DemoTokenSecret},
	}
	if adapter != nil {
		adapter(&cfg)
	}
	c, err := proxmox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return lab{c, sim, v}
}

// finish waits for a task and returns its end; "" is no task.
func (l lab) finish(t *testing.T, upid string) hypervisor.Task {
	t.Helper()
	if upid == "" {
		return hypervisor.Task{OK: true}
	}
	for range 2000 {
		task, err := l.Task(t.Context(), upid)
		if err != nil {
			t.Fatalf("task %s: %v", upid, err)
		}
		if !task.Running {
			return task
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("task %s does not end", upid)
	return hypervisor.Task{}
}

func (l lab) must(t *testing.T, what, upid string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if task := l.finish(t, upid); !task.OK {
		t.Fatalf("%s: task ended %+v", what, task)
	}
}

// demoTemplate is the template of the demonstration cluster.
func demoTemplate() hypervisor.GuestRef { return hypervisor.GuestRef{VMID: 9000, Node: "pve1"} }

// clone makes guest 200 on pve1.
func (l lab) clone(t *testing.T) {
	t.Helper()
	upid, err := l.Clone(t.Context(), demoTemplate(), hypervisor.Clone{VMID: 200, Name: "web1", Description: "kvmbridge:x:1", Full: true, Storage: "local-lvm"})
	l.must(t, "clone", upid, err)
}

func TestCluster_findsNoProblemWithItsOwnRole(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		r := l.Check(t.Context())
		if err := r.Err(); err != nil || len(r.Notes) != 0 || !strings.HasPrefix(r.Version, string(l.version)) {
			t.Errorf("got %+v", r)
		}
		if !slices.Contains(r.Storages, "pve2/local-lvm") || slices.Contains(r.Storages, "pve1/local") {
			t.Errorf("got storages %v", r.Storages)
		}
	})
}

func TestCluster_readsTheInventory(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		r, err := l.Resources(t.Context())
		if err != nil || len(r.Nodes) != 3 {
			t.Fatalf("got %+v, %v", r, err)
		}
		for _, n := range r.Nodes {
			if !n.Online || n.FreeMemory <= 0 {
				t.Errorf("node %+v", n)
			}
		}
		i := slices.IndexFunc(r.Guests, func(g hypervisor.GuestRef) bool { return g.VMID == 9000 })
		if i < 0 || !r.Guests[i].Template || r.Guests[i].Node != "pve1" || r.Guests[i].Name != "debian-12" {
			t.Errorf("guests: %+v", r.Guests)
		}
		for _, n := range r.Nodes {
			live, err := l.Storages(t.Context(), n.Name)
			if err != nil || len(live) == 0 {
				t.Fatalf("storages of %s: %v, %v", n.Name, live, err)
			}
			for _, want := range live {
				i := slices.IndexFunc(r.Storages, func(s hypervisor.Storage) bool { return s.ID == want.ID && s.Node == n.Name })
				if i < 0 || r.Storages[i].Shared != want.Shared || !r.Storages[i].Active || r.Storages[i].Type != want.Type ||
					r.Storages[i].Capacity != want.Capacity || r.Storages[i].Avail != want.Avail || !sameWords(r.Storages[i].Content, want.Content) {
					t.Errorf("storage %+v is not among %+v", want, r.Storages)
				}
			}
		}
	})
}

// sameWords compares without order, which Proxmox does not keep.
func sameWords(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func TestCluster_carriesAGuestFromTemplateToRunning(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		upid, err := l.Migrate(ctx, "pve1", 200, "pve2", "local-lvm")
		l.must(t, "migrate", upid, err)
		config, err := l.Config(ctx, "pve2", 200)
		if err != nil || config.Values["name"] != "web1" || !strings.HasPrefix(config.Values["description"], "kvmbridge:x:1") || config.Digest == "" {
			t.Fatalf("config: %+v, %v", config, err)
		}
		change := hypervisor.Change{Digest: config.Digest, Set: map[string]string{
			"cores": "2", "memory": "2048", "onboot": "1", "ciuser": "debian", "cipassword": "geheim-42",
			"sshkeys":   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Rk0kXv0mJ7dQ1sH0wq3n5p6r7t8u9v0w1x2y3z4A5 me+you@home\n",
			"ipconfig0": "ip=203.0.113.10/24,gw=203.0.113.1,ip6=2001:db8::10/64,gw6=2001:db8::1", "nameserver": "1.1.1.1 2606:4700::1111",
			"net0": strings.Split(config.Values["net0"], ",")[0] + ",bridge=vmbr0,tag=12,firewall=1,rate=12.5", "scsi1": "local-lvm:8",
		}}
		if err := l.SetConfig(ctx, "pve2", 200, change); err != nil {
			t.Fatalf("set config: %v", err)
		}
		if err := l.SetConfig(ctx, "pve2", 200, change); !errors.Is(err, hypervisor.ErrChanged) {
			t.Errorf("an old digest: got %v, want ErrChanged", err)
		}
		upid, err = l.Resize(ctx, "pve2", 200, "scsi0", 20)
		if (upid == "") != (l.version == contract.V74) {
			t.Errorf("resize answered %q", upid)
		}
		l.must(t, "resize", upid, err)
		config, err = l.Config(ctx, "pve2", 200)
		if v := config.Values; err != nil || v["cores"] != "2" || v["memory"] != "2048" || !strings.Contains(v["scsi0"], "size=20G") ||
			!strings.Contains(v["sshkeys"], "me%2Byou%40home") || !strings.Contains(v["net0"], "tag=12") {
			t.Errorf("config: %+v, %v", v, err)
		}
		upid, err = l.Start(ctx, "pve2", 200)
		l.must(t, "start", upid, err)
		if status, err := l.Status(ctx, "pve2", 200); err != nil || !status.Running || status.Lock != "" || status.Name != "web1" {
			t.Errorf("status: %+v, %v", status, err)
		}
		upid, err = l.Stop(ctx, "pve2", 200)
		l.must(t, "stop", upid, err)
		if err := l.SetConfig(ctx, "pve2", 200, hypervisor.Change{Delete: []string{"ipconfig0", "nameserver"}}); err != nil {
			t.Errorf("delete keys: %v", err)
		}
		if err := l.SetConfig(ctx, "pve2", 200, hypervisor.Change{Delete: []string{"scsi1"}, Purge: true}); err != nil {
			t.Errorf("delete a disk with its volume: %v", err)
		}
		if config, err = l.Config(ctx, "pve2", 200); err != nil || config.Values["scsi1"] != "" || config.Values["unused0"] != "" {
			t.Errorf("config: %+v, %v; want neither the disk nor its volume", config.Values, err)
		}
	})
}

func TestCluster_handlesTheFirewallOfAGuest(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		if err := l.SetFirewallOptions(ctx, "pve1", 200, map[string]string{"enable": "1", "ipfilter": "0", "policy_in": "ACCEPT"}); err != nil {
			t.Fatal(err)
		}
		if got, err := l.FirewallOptions(ctx, "pve1", 200); err != nil || got["enable"] != "1" || got["ipfilter"] != "0" || got["digest"] != "" {
			t.Errorf("options: %v, %v", got, err)
		}
		if _, err := l.IPSet(ctx, "pve1", 200, "ipfilter-net0"); !errors.Is(err, hypervisor.ErrMissing) {
			t.Errorf("no set yet: got %v, want ErrMissing", err)
		}
		for range 2 { // the second time everything is there already
			if err := l.CreateIPSet(ctx, "pve1", 200, "ipfilter-net0"); err != nil {
				t.Fatal(err)
			}
			for _, a := range []string{"203.0.113.10", "2001:db8::10"} {
				if err := l.AddToIPSet(ctx, "pve1", 200, "ipfilter-net0", a); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := l.IPSet(ctx, "pve1", 200, "ipfilter-net0")
		slices.Sort(got)
		if err != nil || !slices.Equal(got, []string{"2001:db8::10", "203.0.113.10"}) {
			t.Errorf("members: %v, %v", got, err)
		}
		for range 2 {
			if err := l.RemoveFromIPSet(ctx, "pve1", 200, "ipfilter-net0", "2001:db8::10"); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := l.DropIPSet(ctx, "pve1", 200, "ipfilter-net0"); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := l.FirewallRules(ctx, "pve1", 200); n != 0 || err != nil {
			t.Errorf("rules: %d, %v", n, err)
		}
		if err := l.DropFirewallRules(ctx, "pve1", 200); err != nil {
			t.Error(err)
		}
	})
}

func TestCluster_tellsRefusalsApart(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			// A clone that lasts two real seconds, to look at it while it runs.
			tellRefusalsApart(t, openLab(t, v, func(c *pvesim.Config) { c.Durations.Clone = 1000 * time.Second }, nil))
		})
	}
}

func tellRefusalsApart(t *testing.T, l lab) {
	t.Helper()
	ctx := t.Context()
	upid, err := l.Clone(ctx, demoTemplate(), hypervisor.Clone{VMID: 200, Full: true})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := l.Status(ctx, "pve1", 200); err != nil || status.Lock != "clone" {
		t.Errorf("while cloning: %+v, %v; want the lock", status, err)
	}
	if err := l.SetConfig(ctx, "pve1", 200, cores); !errors.Is(err, hypervisor.ErrLocked) || pipeline.FaultOf(err) != pipeline.Transient {
		t.Errorf("write while cloning: got %v, want ErrLocked", err)
	}
	if _, err := l.Clone(ctx, demoTemplate(), hypervisor.Clone{VMID: 200}); !errors.Is(err, hypervisor.ErrTaken) {
		t.Errorf("taken id: got %v, want ErrTaken", err)
	}
	l.must(t, "clone", upid, nil)
	for what, do := range map[string]func() error{
		"status": func() error { _, err := l.Status(ctx, "pve1", 999); return err },
		"config": func() error { _, err := l.Config(ctx, "pve2", 200); return err },
		"clone": func() error {
			_, err := l.Clone(ctx, hypervisor.GuestRef{VMID: 999, Node: "pve1"}, hypervisor.Clone{VMID: 201})
			return err
		},
		"write": func() error { return l.SetConfig(ctx, "pve1", 999, cores) },
	} {
		if err := do(); !errors.Is(err, hypervisor.ErrNoGuest) {
			t.Errorf("%s of a missing guest: got %v, want ErrNoGuest", what, err)
		}
	}
	started, err := l.Start(ctx, "pve1", 999)
	if end := l.TaskFault(l.finish(t, started).Exit); err != nil || !errors.Is(end, hypervisor.ErrNoGuest) {
		t.Errorf("start of a missing guest: got %v and a task with %v, want ErrNoGuest", err, end)
	}
	if _, err := l.Clone(ctx, demoTemplate(), hypervisor.Clone{VMID: 202, Full: true, Storage: "nosuch"}); pipeline.FaultOf(err) != pipeline.NeedsPerson {
		t.Errorf("missing storage: got %v (%v)", err, pipeline.FaultOf(err))
	}
	if err := l.SetConfig(ctx, "pve1", 200, hypervisor.Change{Set: map[string]string{"memory": "3"}}); pipeline.FaultOf(err) != pipeline.Permanent || !strings.Contains(err.Error(), "memory: ") {
		t.Errorf("bad value: got %v", err)
	}
	gone := strings.Replace(upid, ":0", ":F", 1)
	if task, err := l.Task(ctx, gone); err != nil || !task.Gone {
		t.Errorf("forgotten task: got %+v, %v; want Gone", task, err)
	}
}

func TestCluster_takesGuestsOutOfPools(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		if err := l.LeavePool(t.Context(), "tenants", 9001); err != nil {
			t.Errorf("a guest that is not in the pool: %v", err)
		}
	})
}

func TestCluster_namesTheMissingPrivilege(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			without := slices.DeleteFunc(proxmox.Role(string(v)), func(p string) bool { return p == "VM.Clone" })
			l := openLab(t, v, func(c *pvesim.Config) { c.Grants[0].Privs = without }, nil)
			_, err := l.Clone(t.Context(), demoTemplate(), hypervisor.Clone{VMID: 200})
			if pipeline.FaultOf(err) != pipeline.NeedsPerson || !strings.Contains(err.Error(), "lacks the privilege VM.Clone on /vms/9000") {
				t.Errorf("clone: got %v", err)
			}
			problems := l.Check(t.Context()).Problems
			if len(problems) != 1 || !strings.Contains(problems[0], "VM.Clone on /vms") || !strings.Contains(problems[0], pvesim.DemoTokenID) {
				t.Errorf("check: got %q", problems)
			}
		})
	}
}

func TestCluster_worksWithUserAndPassword(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			user := func(c *pvesim.Config) { c.Users = []pvesim.User{{Name: "kvmbridge@pve", Password: password}} }
			l := openLab(t, v, user, func(c *proxmox.Config) { c.Auth = proxmox.Auth{Username: "kvmbridge@pve", Password: password} })
			l.clone(t)
			if err := l.SetConfig(t.Context(), "pve1", 200, cores); err != nil {
				t.Error(err)
			}
			l = openLab(t, v, user, func(c *proxmox.Config) { c.Auth = proxmox.Auth{Username: "kvmbridge@pve", Password: "wrong"} })
			if r := l.Check(t.Context()); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "does not accept") {
				t.Errorf("got %q", r.Problems)
			}
		})
	}
}

func TestCluster_aLostAnswerLeavesTheOutcomeOpen(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		l.sim.Fail(pvesim.Fault{Method: "POST", Path: "/nodes/*/qemu/*/clone", Times: 1, Drop: pvesim.DropAfter})
		_, err := l.Clone(t.Context(), demoTemplate(), hypervisor.Clone{VMID: 200, Name: "web1"})
		if !errors.Is(err, hypervisor.ErrUnknownOutcome) {
			t.Fatalf("got %v, want ErrUnknownOutcome", err)
		}
		if _, err := l.Config(t.Context(), "pve1", 200); err != nil {
			t.Errorf("the clone has begun all the same, but: %v", err)
		}
		l.sim.Fail(pvesim.Fault{Method: "GET", Times: 1, Status: 595, Reason: "No route to host"})
		if _, err := l.Nodes(t.Context()); err != nil {
			t.Errorf("a read was not repeated: %v", err)
		}
	})
}

// A linked clone cannot leave its node when its template's disk is local; the reason stands in the task's log only.
func TestCluster_saysWhyALinkedCloneCannotMigrate(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		upid, err := l.Clone(t.Context(), hypervisor.GuestRef{VMID: 9002, Node: "pve1"}, hypervisor.Clone{VMID: 200, Name: "web1"})
		l.must(t, "clone", upid, err)
		upid, err = l.Migrate(t.Context(), "pve1", 200, "pve2", "")
		if err != nil {
			t.Fatal(err)
		}
		end := l.finish(t, upid)
		if fault := l.TaskFault(end.Exit); end.OK || pipeline.FaultOf(fault) != pipeline.NeedsPerson || !strings.Contains(end.Exit, "as it's a clone of") {
			t.Errorf("got %+v and %v", end, fault)
		}
	})
}

func TestCluster_nodesThatAreDownAreListedAndTransient(t *testing.T) {
	t.Parallel()
	l := openLab(t, contract.V92, func(c *pvesim.Config) { c.Nodes[1].Offline = true }, nil)
	nodes, err := l.Nodes(t.Context())
	i := slices.IndexFunc(nodes, func(n hypervisor.Node) bool { return n.Name == "pve2" })
	if err != nil || i < 0 || nodes[i].Online {
		t.Errorf("got %+v, %v; want pve2 offline", nodes, err)
	}
	_, err = l.Storages(t.Context(), "pve2")
	if pipeline.FaultOf(err) != pipeline.Transient || err == nil {
		t.Errorf("storages of a node that is down: got %v, want a transient error", err)
	}
	_, err = l.Storages(t.Context(), "nosuch")
	if pipeline.FaultOf(err) != pipeline.NeedsPerson {
		t.Errorf("storages of an unknown node: got %v, want an error for a person", err)
	}
	if r := l.Check(t.Context()); r.Err() != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "pve2 is offline") {
		t.Errorf("check: got %+v", r)
	}
}

// Two writers with one digest, as two replicas would be: exactly one of them wins.
func TestCluster_oneDigestServesOneWriter(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		l.clone(t)
		config, err := l.Config(t.Context(), "pve1", 200)
		if err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 4)
		for i := range cap(results) {
			go func() {
				results <- l.SetConfig(t.Context(), "pve1", 200, hypervisor.Change{Digest: config.Digest, Set: map[string]string{"cores": strconv.Itoa(i + 2)}})
			}()
		}
		won := 0
		for range cap(results) {
			switch err := <-results; {
			case err == nil:
				won++
			case !errors.Is(err, hypervisor.ErrChanged) && !errors.Is(err, hypervisor.ErrLocked):
				t.Errorf("a loser got %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d writers won, want 1", won)
		}
	})
}
