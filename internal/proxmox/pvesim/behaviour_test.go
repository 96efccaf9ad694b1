package pvesim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// exits runs calls that start tasks and must end well: method, path, parameters.
func (l *lab) exits(calls ...[3]string) {
	l.t.Helper()
	for _, c := range calls {
		if exit := l.task(c[0], c[1], c[2]); exit != "OK" {
			l.t.Fatalf("%s %s %s: task ended %q", c[0], c[1], c[2], exit)
		}
	}
}

func (l *lab) conf(vmid int) map[string]string {
	l.t.Helper()
	g, ok := l.sim.Guest(vmid)
	if !ok {
		l.t.Fatalf("no guest %d", vmid)
	}
	return g.Config
}

func TestClone_copiesAllButWhatMustBeUnique(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.ok("PUT", "/nodes/pve1/qemu/9000/config", form("description", "gold", "tags", "b;a"))
	l.ok("POST", "/nodes/pve1/qemu/9000/firewall/ipset", "name=ipfilter-net0")
	l.exits([3]string{"POST", "/nodes/pve1/qemu/9000/clone", "newid=100"}, [3]string{"POST", "/nodes/pve1/qemu/9001/clone", "newid=101"})
	gold, made, other := l.conf(9000), l.conf(100), l.conf(101)
	for _, key := range []string{"net0", "smbios1", "vmgenid"} {
		if gold[key] == made[key] || made[key] == "" {
			t.Errorf("%s must be new: got %q, the template has %q", key, made[key], gold[key])
		}
	}
	for key, want := range map[string]string{
		"description": "gold", "tags": "a;b", "boot": gold["boot"], "name": "Copy-of-VM-debian-12", "template": "",
		"scsi0": "local-lvm:vm-100-disk-0,size=10G", "ide2": "local-lvm:vm-100-cloudinit,media=cdrom,size=4M",
	} {
		if made[key] != want {
			t.Errorf("%s: got %q, want %q", key, made[key], want)
		}
	}
	if want := "shared:9001/base-9001-disk-0.qcow2/101/vm-101-disk-0.qcow2,size=10G"; other["virtio0"] != want {
		t.Errorf("linked clone: got %q, want %q", other["virtio0"], want)
	}
	if _, copied := l.sim.Firewall(100).IPSets["ipfilter-net0"]; !copied {
		t.Error("the firewall was not copied")
	}
}

func TestClone_lookIntoItWhileItRuns(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	upid, _ := l.ok("POST", "/nodes/pve1/qemu/9000/clone", form("newid", "100", "name", "web1", "full", "1")).data.(string)
	const current = "/nodes/pve1/qemu/100/status/current"
	if st := l.ok("GET", current, "").object(); st["name"] != "VM 100" || st["lock"] != "clone" {
		t.Errorf("at first: got %v", st)
	}
	l.clock.step(time.Second)
	if st := l.ok("GET", current, "").object(); st["name"] != "web1" || st["lock"] != "clone" || st["maxdisk"] != 0.0 {
		t.Errorf("later: got %v", st)
	}
	if r := l.do("PUT", "/nodes/pve1/qemu/100/config", "cores=2"); r.reason != "VM is locked (clone)" {
		t.Errorf("change meanwhile: got %d %s", r.status, r.reason)
	}
	start, _ := l.ok("POST", "/nodes/pve1/qemu/100/status/start", "").data.(string)
	destroy, _ := l.ok("DELETE", "/nodes/pve1/qemu/100", "").data.(string)
	for id, want := range map[string]string{upid: "OK", start: "OK", destroy: "VM 100 is running - destroy failed"} {
		if exit := l.finish(id); exit != want {
			t.Errorf("%s: got %q, want %q", id, exit, want)
		}
	}
}

func TestTask_stoppedCloneLeavesNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	upid, _ := l.ok("POST", "/nodes/pve1/qemu/9000/clone", "newid=100").data.(string)
	l.clock.step(time.Second)
	l.ok("DELETE", taskPath(upid), "")
	if exit := l.finish(upid); exit != "clone failed: interrupted by signal" {
		t.Errorf("exit: got %q", exit)
	}
	l.ok("DELETE", taskPath(upid), "")
	if _, left := l.sim.Guest(100); left {
		t.Error("the guest is still there")
	}
}

func TestTaskLog_pages(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	upid, _ := l.ok("POST", "/nodes/pve1/qemu/9000/clone", "newid=100&full=1").data.(string)
	l.finish(upid)
	all := l.ok("GET", taskPath(upid)+"/log", "limit=0")
	some := l.ok("GET", taskPath(upid)+"/log", "start=1&limit=2")
	rows, _ := some.data.([]any)
	whole, _ := all.data.([]any)
	if len(rows) != 2 || some.total != float64(len(whole)) || rows[0].(map[string]any)["n"] != 2.0 {
		t.Errorf("got %v of %v", rows, some.total)
	}
	if last := whole[len(whole)-1].(map[string]any)["t"]; last != "TASK OK" {
		t.Errorf("last line: got %v", last)
	}
}

func TestMigrate_cloneOfALocalBaseStays(t *testing.T) {
	t.Parallel()
	l := newLab(t, func(cfg *pvesim.Config) {
		cfg.Storages = append(cfg.Storages, pvesim.StorageConfig{ID: "files", Type: "dir"})
		cfg.Templates = append(cfg.Templates, pvesim.TemplateConfig{VMID: 9002, Name: "f", Node: "pve1", Storage: "files", Bus: "sata0"})
	})
	l.exits([3]string{"POST", "/nodes/pve1/qemu/9002/clone", "newid=100"})
	if exit := l.task("POST", "/nodes/pve1/qemu/100/migrate", "target=pve2"); exit != "migration aborted" {
		t.Errorf("exit: got %q", exit)
	}
	if g, _ := l.sim.Guest(100); g.Node != "pve1" || g.Lock != "" {
		t.Errorf("after it: got node %s, lock %q", g.Node, g.Lock)
	}
}

func TestMigrate_onlineNeedsAWordAboutLocalDisks(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	l.exits([3]string{"POST", "/nodes/pve1/qemu/9000/clone", "newid=100&full=1"}, [3]string{"POST", "/nodes/pve1/qemu/100/status/start", ""})
	if exit := l.task("POST", "/nodes/pve1/qemu/100/migrate", "target=pve2&online=1"); exit != "migration aborted" {
		t.Errorf("without: got %q", exit)
	}
	l.exits([3]string{"POST", "/nodes/pve1/qemu/100/migrate", "target=pve2&online=1&with-local-disks=1"})
	if g, _ := l.sim.Guest(100); g.Node != "pve2" || !g.Running {
		t.Errorf("after it: got %+v", g)
	}
}

func TestSnapshot_rollbackBringsTheOldConfigurationBack(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.ok("POST", g100+"/firewall/rules", "type=in&action=DROP")
	snapshot100("s1", "s2")(l)
	before := l.conf(100)
	l.ok("PUT", config100, form("cores", "4", "scsi1", "local-lvm:1", "name", "changed"))
	l.exits([3]string{"POST", g100 + "/snapshot/s1/rollback", ""})
	after := l.conf(100)
	if after["cores"] != before["cores"] || after["name"] != "one" || after["parent"] != "s1" {
		t.Errorf("after the rollback: got %v", after)
	}
	if after["unused0"] != "local-lvm:vm-100-disk-1" || after["vmgenid"] == before["vmgenid"] {
		t.Errorf("newer disk %q must be unused and vmgenid new", after["unused0"])
	}
	l.exits([3]string{"DELETE", g100 + "/snapshot/s1", ""})
	if rows, _ := l.ok("GET", g100+"/snapshot", "").data.([]any); len(rows) != 2 {
		t.Errorf("snapshots left: got %v", rows)
	}
	if len(l.sim.Firewall(100).Rules) != 1 {
		t.Error("the firewall is no part of a snapshot")
	}
}

func TestBackup_restoreOverItself(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.ok("POST", g100+"/firewall/rules", "type=in&action=DROP")
	backups100(1)(l)
	before := l.conf(100)
	l.ok("POST", g100+"/firewall/rules", "type=in&action=ACCEPT")
	l.ok("PUT", config100, form("scsi1", "local-lvm:1", "cores", "7"))
	l.exits([3]string{"POST", "/nodes/pve1/qemu", form("vmid", "100", "archive", archive100, "force", "1", "memory", "4096")})
	after := l.conf(100)
	if after["cores"] != before["cores"] || after["memory"] != "4096" || after["net0"] != before["net0"] {
		t.Errorf("restored: got %v", after)
	}
	if after["vmgenid"] == before["vmgenid"] || after["unused0"] == "" || after["lock"] != "" {
		t.Errorf("vmgenid must be new, the newer disk unused, the lock gone: got %v", after)
	}
	if got := len(l.sim.Firewall(100).Rules); got != 1 {
		t.Errorf("firewall: got %d rules, want the one of the archive", got)
	}
	l.exits([3]string{"POST", "/nodes/pve1/qemu", form("vmid", "300", "archive", archive100, "unique", "1", "storage", "fast")})
	if made := l.conf(300); made["net0"] == before["net0"] || !strings.HasPrefix(made["scsi0"], "fast:vm-300-disk-0") {
		t.Errorf("restored to a new id: got %v", made)
	}
}

func TestBackup_prunesListsAndProtects(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	backups100(4)(l)
	content := func() []any {
		rows, _ := l.ok("GET", "/nodes/pve1/storage/bk/content", "content=backup&vmid=100").data.([]any)
		return rows
	}
	rows := content()
	if len(rows) != 3 {
		t.Fatalf("the storage keeps 3: got %v", rows)
	}
	volid := fmt.Sprint(rows[0].(map[string]any)["volid"])
	where := "/nodes/pve1/storage/bk/content/" + url.PathEscape(volid)
	l.as(rootToken).ok("PUT", where, form("protected", "1", "notes", "keep\nme"))
	if row := content()[0].(map[string]any); row["protected"] != 1.0 || row["notes"] != "keep" {
		t.Errorf("protected: got %v", row)
	}
	l.as(rootToken).ok("PUT", where, "protected=0")
	l.exits([3]string{"DELETE", where, ""}, [3]string{"DELETE", where, ""})
	if len(content()) != 2 {
		t.Error("a deleted backup is still listed")
	}
}

func TestAgent_answersSomeTimeAfterTheStart(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.ok("PUT", config100, "agent=1")
	l.exits([3]string{"POST", g100 + "/status/start", ""})
	if r := l.do("POST", g100+"/agent/ping", ""); r.reason != "QEMU guest agent is not running" {
		t.Errorf("at once: got %d %s", r.status, r.reason)
	}
	l.clock.step(11 * time.Second)
	l.ok("POST", g100+"/agent/ping", "")
	l.ok("POST", g100+"/agent/set-user-password", form("username", "root", "password", "secret"))
	if r := l.do("POST", g100+"/agent/set-user-password", form("username", "nobody", "password", "secret")); r.status != 500 {
		t.Errorf("unknown user: got %d", r.status)
	}
}

func TestReads_showOnlyWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	node, _ := l.ok("GET", "/nodes", "").data.([]any)[0].(map[string]any)
	if _, shown := node["maxmem"]; shown {
		t.Errorf("node without Sys.Audit: got %v", node)
	}
	l.sim.Grant(simUser, "/vms/100", "VM.PowerMgmt")
	if rows, _ := l.ok("GET", "/cluster/resources", "type=vm").data.([]any); len(rows) != 1 {
		t.Errorf("guests without VM.Audit on 100: got %v", rows)
	}
	if rows, _ := l.ok("GET", "/nodes/pve1/qemu", "").data.([]any); len(rows) != 0 {
		t.Errorf("guests of pve1: got %v", rows)
	}
	l.sim.Revoke(simUser, "/storage/fast")
	if rows, _ := l.ok("GET", "/nodes/pve1/storage", "storage=fast").data.([]any); len(rows) != 0 {
		t.Errorf("storage without a right: got %v", rows)
	}
}

func TestPools_aGuestIsInOne(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	for _, id := range []string{"aa", "bb"} {
		l.ok("POST", "/pools", "poolid="+id)
	}
	l.ok("PUT", "/pools/aa", "vms=100")
	if r := l.do("PUT", "/pools/bb", "vms=100"); r.reason != "update pools failed: VM 100 belongs already to pool 'aa' and 'allow-move' is not set" {
		t.Errorf("second pool: got %d %s", r.status, r.reason)
	}
	l.ok("PUT", "/pools/bb", "vms=100&allow-move=1")
	if g, _ := l.sim.Guest(100); len(g.Pools) != 1 || g.Pools[0] != "bb" {
		t.Errorf("pools: got %v", g.Pools)
	}
	l.ok("PUT", "/pools/bb", "vms=100&delete=1")
	l.ok("DELETE", "/pools/bb", "")
}

func TestPower_hangingShutdownHoldsTheLock(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	run100(l)
	l.sim.SetHabits(100, pvesim.Habits{IgnoresACPI: true})
	shutdown, _ := l.ok("POST", g100+"/status/shutdown", "timeout=120").data.(string)
	begun := l.clock.Now()
	if r := l.do("PUT", config100, "name=x"); r.reason != "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout" {
		t.Errorf("change meanwhile: got %d %s", r.status, r.reason)
	}
	if waited := l.clock.Now().Sub(begun); waited != 10*time.Second {
		t.Errorf("it waited %v, want 10s", waited)
	}
	l.exits([3]string{"POST", g100 + "/status/stop", "overrule-shutdown=1"})
	if exit := l.finish(shutdown); exit != "received interrupt" {
		t.Errorf("shutdown: got %q", exit)
	}
	if g, _ := l.sim.Guest(100); g.Running {
		t.Error("the guest still runs")
	}
}

func TestPower_rebootIsAStopAndAStartOfRoot(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	run100(l)
	l.ok("PUT", config100, "memory=4096")
	l.exits([3]string{"POST", g100 + "/status/reboot", ""})
	l.clock.step(10 * time.Second)
	if g, _ := l.sim.Guest(100); !g.Running || g.Config["memory"] != "4096" {
		t.Errorf("after it: got running %v, memory %s", g.Running, g.Config["memory"])
	}
	all := l.sim.Tasks()
	if last := all[len(all)-1]; last.Type != "qmstart" || last.User != "root@pam" || last.ExitStatus != "OK" {
		t.Errorf("last task: got %+v", last)
	}
}

func TestConfig_wrongBridgeFailsAtTheStart(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.ok("PUT", config100, form("net0", "virtio=02:00:00:00:00:01,bridge=vmbr77"))
	if exit := l.task("POST", g100+"/status/start", ""); exit != "bridge 'vmbr77' does not exist" {
		t.Errorf("exit: got %q", exit)
	}
}

func TestConfig_replacedDiskBecomesUnused(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.ok("PUT", config100, form("scsi0", "local-lvm:4"))
	conf := l.conf(100)
	if conf["scsi0"] != "local-lvm:vm-100-disk-1,size=4G" || conf["unused0"] != "local-lvm:vm-100-disk-0" {
		t.Errorf("got scsi0 %q, unused0 %q", conf["scsi0"], conf["unused0"])
	}
	l.ok("PUT", config100, form("scsi1", "local-lvm:vm-100-disk-0"))
	if conf = l.conf(100); conf["scsi1"] != "local-lvm:vm-100-disk-0,size=32G" || conf["unused0"] != "" {
		t.Errorf("attached again: got scsi1 %q, unused0 %q", conf["scsi1"], conf["unused0"])
	}
	l.ok("PUT", config100, "delete=scsi1&force=1")
	l.ok("PUT", config100, "delete=scsi0")
	if conf = l.conf(100); conf["boot"] != " " || conf["unused0"] != "local-lvm:vm-100-disk-1" {
		t.Errorf("last disk gone: got boot %q, unused0 %q", conf["boot"], conf["unused0"])
	}
}

func TestConfig_keysNeedTheirPrivileges(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.sim.Grant(simUser, "/vms/100", "VM.Audit", "VM.Config.CPU")
	l.ok("PUT", config100, "cores=2")
	for params, priv := range map[string]string{
		"memory=512": "VM.Config.Memory", "name=x": "VM.Config.Options", form("net0", "virtio"): "VM.Config.Network",
		form("scsi1", "local-lvm:1"): "VM.Config.Disk", "ciuser=x": "VM.Config.Cloudinit|VM.Config.Network",
		"vga=std": "VM.Config.HWType", form("boot", "order=scsi0"): "VM.Config.Disk",
	} {
		want := "Permission check failed (/vms/100, " + priv + ")"
		if r := l.do("PUT", config100, params); r.status != 403 || r.reason != want {
			t.Errorf("%s: got %d %s, want 403 %s", params, r.status, r.reason, want)
		}
	}
}

func TestJSONBody_booleansAndNumbers(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		l := refusalLab(t, v)
		r := l.json("PUT", config100, `{"onboot":true,"cores":2,"name":"json"}`)
		if r.status != 200 || l.conf(100)["onboot"] != "1" || l.conf(100)["cores"] != "2" {
			t.Errorf("%s: got %d %s %v", v, r.status, r.reason, r.errors)
		}
		if r := l.json("PUT", config100, `{"onboot":"true"}`); r.status != 400 {
			t.Errorf("%s: the word true: got %d, want 400", v, r.status)
		}
	}
}

// Release 7 checks the right to write the cloud-init image with a broken expression: nobody but root gets through.
func TestCloudInit_writingIsBrokenOnSeven(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		l := refusalLab(t, v)
		want := 200
		if v == contract.V74 {
			want = 500
		}
		if r := l.do("PUT", g100+"/cloudinit", ""); r.status != want {
			t.Errorf("%s: got %d %s, want %d", v, r.status, r.reason, want)
		}
		l.ok("PUT", config100, "ciuser=me")
		l.sim.SetRunning(100, true)
		l.ok("PUT", config100, "ciuser=you")
		rows, _ := l.ok("GET", g100+"/cloudinit", "").data.([]any)
		was, is := "value", "pending"
		if v == contract.V74 {
			was, is = "old", "new"
		}
		if row, _ := rows[0].(map[string]any); row["key"] != "ciuser" || row[was] != "me" || row[is] != "you" {
			t.Errorf("%s: got %v", v, rows)
		}
		user, _ := l.ok("GET", g100+"/cloudinit/dump", "type=user").data.(string)
		if !strings.Contains(user, "hostname: one\n") || !strings.Contains(user, "user: you\n") {
			t.Errorf("%s: user data: %q", v, user)
		}
	}
}
