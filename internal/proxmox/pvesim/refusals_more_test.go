package pvesim_test

import (
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// template100 makes guest 100 a template on the given storage.
func template100(disk string) func(l *lab) {
	return func(l *lab) {
		l.t.Helper()
		if disk != "" {
			on(disk)(l)
		}
		if exit := l.task("POST", g100+"/template", ""); exit != "OK" {
			l.t.Fatal(exit)
		}
	}
}

// on gives guest 100 a system disk of another kind.
func on(disk string) func(l *lab) {
	return func(l *lab) {
		l.t.Helper()
		l.sim.RemoveGuest(100)
		l.sim.AddGuest(pvesim.GuestConfig{VMID: 100, Node: "pve1", Config: map[string]string{"name": "one", "scsi0": disk, "net0": "virtio,bridge=vmbr0"}})
	}
}

func cloneRows() []row {
	clone := func(n int, name, params, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: "POST", path: g100 + "/clone", params: params, want: want, state: state}
	}
	linked7 := clone(70, "linked clone of a guest", "newid=101&full=0", "500 Linked clone feature is not supported for 'files:100/vm-100-disk-0.qcow2' (scsi0)", on("files:4,format=qcow2"))
	linked7.want7 = "500 Linked clone feature is not supported for drive 'scsi0'"
	sdn := clone(76, "no SDN.Use", "newid=101", "403 Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)", grant("/sdn/zones/localnetwork", "SDN.Audit"))
	sdn.on = versions(contract.V84, contract.V92)
	return []row{
		clone(67, "no id", "", "400 newid: "+missing, nil),
		clone(68, "storage of a linked clone", "newid=101&storage=fast", "500 parameter 'storage' not allowed for linked clones", template100("")),
		clone(69, "format of a linked clone", "newid=101&format=qcow2&full=0", "500 parameter 'format' not allowed for linked clones", template100("")),
		linked7,
		clone(71, "no snapshot", "newid=101&snapname=nope", "500 snapshot 'nope' does not exist", nil),
		clone(72, "id taken", "newid=101", "500 unable to create VM 101: config file already exists", func(l *lab) {
			l.sim.AddGuest(pvesim.GuestConfig{VMID: 101, Node: "pve1"})
		}),
		clone(72, "id taken on the other node", "newid=200", "T close (rename) atomic file '/etc/pve/nodes/pve1/qemu-server/200.conf' failed: File exists", nil),
		clone(73, "local disks to another node", "newid=101&target=pve2", "500 can't clone VM to node 'pve2' (VM uses local storage)", nil),
		clone(74, "locked source", "newid=101", "500 VM is locked (backup)", lock100("backup")),
		clone(75, "no VM.Allocate", "newid=101", "403 Permission check failed", grant("/vms/101", "VM.Audit")),
		sdn,
		{n: 87, name: "template with linked clones", method: "DELETE", path: g100, state: func(l *lab) {
			template100("files:4,format=qcow2")(l)
			l.task("POST", g100+"/clone", "newid=101")
		}, want: "T base volume 'files:100/base-100-disk-0.qcow2' is still in use by linked cloned"},
		{n: 88, name: "template of a guest with snapshots", method: "POST", path: g100 + "/template", state: snapshot100("s1"), want: "500 unable to create template, because VM contains snapshots"},
		{n: 89, name: "template of a running guest", method: "POST", path: g100 + "/template", state: run100, want: "500 you can't convert a VM to template if VM is running"},
	}
}

func snapshot100(names ...string) func(l *lab) {
	return func(l *lab) {
		l.t.Helper()
		for _, name := range names {
			if exit := l.task("POST", g100+"/snapshot", "snapname="+name); exit != "OK" {
				l.t.Fatal(exit)
			}
		}
	}
}

func powerRows() []row {
	post := func(n int, name, path, params, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: "POST", path: path, params: params, want: want, state: state}
	}
	status := g100 + "/status"
	rows := []row{
		post(77, "start twice", status+"/start", "", "T VM 100 already running", run100),
		post(78, "start a template", status+"/start", "", "T you can't start a vm if it's a template", template100("")),
		post(79, "start nothing", "/nodes/pve1/qemu/999/status/start", "", "T Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist", nil),
		post(80, "stop the stopped", status+"/stop", "", "T OK", nil),
		post(80, "shut down the stopped", status+"/shutdown", "", "T OK", nil),
		post(82, "deaf guest", status+"/shutdown", "timeout=5", "T VM quit/powerdown failed - got timeout", func(l *lab) {
			run100(l)
			l.sim.SetHabits(100, pvesim.Habits{IgnoresACPI: true})
		}),
		post(83, "paused guest", status+"/shutdown", "", "500 VM is paused - cannot shutdown", paused100),
		{n: 84, name: "destroy a running guest", method: "DELETE", path: g100, state: run100, want: "500 VM 100 is running - destroy failed"},
		{n: 85, name: "destroy by force", method: "DELETE", path: g100, params: "force=1", want: "400 force: " + unknown},
		{n: 86, name: "destroy a protected guest", method: "DELETE", path: g100, state: key100("protection"), want: "500 can't remove VM 100 - protection mode enabled"},
	}
	for _, what := range []string{"reset", "reboot", "suspend", "resume"} {
		rows = append(rows, post(81, what+" of the stopped", status+"/"+what, "", "500 VM 100 not running", nil))
	}
	return rows
}

func snapshotRows() []row {
	take := func(n int, name, params, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: "POST", path: g100 + "/snapshot", params: params, want: want, state: state}
	}
	return []row{
		take(90, "reserved name", "snapname=current", "500 unable to use snapshot name 'current' (reserved name)", nil),
		take(91, "bad name", "snapname=1a", "400 snapname: invalid format - invalid configuration ID '1a'\n", nil),
		take(92, "long name", "snapname="+strings.Repeat("a", 41), "400 snapname: value may only be 40 characters long", nil),
		take(93, "same name", "snapname=s1", "T snapshot name 's1' already used", snapshot100("s1")),
		take(94, "raw file", "snapname=s1", "T snapshot feature is not available", on("files:4")),
		take(94, "thick volume", "snapname=s1", "T snapshot feature is not available", on("lvm:4")),
		{n: 95, name: "roll back to nothing", method: "POST", path: g100 + "/snapshot/nope/rollback", want: "T snapshot 'nope' does not exist"},
		{n: 95, name: "delete nothing", method: "DELETE", path: g100 + "/snapshot/nope", want: "T snapshot 'nope' does not exist"},
		{n: 96, name: "older snapshot on ZFS", method: "POST", path: g100 + "/snapshot/s1/rollback", state: func(l *lab) {
			on("zfs:4")(l)
			snapshot100("s1", "s2")(l)
		}, want: "T can't rollback, 's1' is not most recent snapshot on '...'"},
	}
}

func migrateRows() []row {
	post := func(n int, name, params, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: "POST", path: g100 + "/migrate", params: params, want: want, state: state}
	}
	return []row{
		post(97, "own node", "target=pve1", "400 target: target is local node.", nil),
		post(98, "unknown node", "target=pve9", "500 no such cluster node 'pve9'", nil),
		post(99, "running", "target=pve2", "500 can't migrate running VM without --online", run100),
	}
}

func backups100(times int) func(l *lab) {
	return func(l *lab) {
		l.t.Helper()
		for range times {
			if exit := l.task("POST", "/nodes/pve1/vzdump", "vmid=100&storage=bk&compress=zstd"); exit != "OK" {
				l.t.Fatal(exit)
			}
			l.clock.step(time.Second)
		}
	}
}

// archive100 is the name of the first backup that backups100 makes.
const archive100 = "bk:backup/vzdump-qemu-100-2026_03_04-05_06_27.vma.zst"

func backupRows() []row {
	dump := func(n int, name, params, want string) row {
		return row{n: n, name: name, method: "POST", path: "/nodes/pve1/vzdump", params: params, want: want}
	}
	restore := func(n int, name, params, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: "POST", path: "/nodes/pve1/qemu", params: params, want: want, state: state}
	}
	notes := dump(106, "notes without storage", "vmid=100&notes-template=x", "400 storage: missing property required by 'notes-template'")
	notes.want7 = "400 storage: missing property - 'notes-template' requires this property"
	notes.want8 = notes.want7
	maxfiles := dump(107, "maxfiles", "vmid=100&maxfiles=1", "400 maxfiles: "+unknown)
	maxfiles.on = versions(contract.V92)
	kept := dump(110, "limit reached", "vmid=100&remove=0&storage=bk", "T job errors")
	kept.state = backups100(3)
	force := restore(114, "force without archive", "vmid=101&force=1", "400 archive: missing property required by 'force'", nil)
	force.want7 = "400 archive: missing property - 'force' requires this property"
	force.want8 = force.want7
	return []row{
		dump(102, "mode", "vmid=100&mode=snap", "400 mode: value 'snap' does not have a value in the enumeration 'snapshot, suspend, stop'"),
		dump(103, "compress", "vmid=100&compress=zst", "400 compress: value 'zst' does not have a value in the enumeration '0, 1, gzip, lzo, zstd'"),
		dump(104, "no guest", "storage=bk", "400 vmid: property is missing"),
		dump(105, "one and all", "vmid=100&all=1&storage=bk", "400 all: option conflicts with option 'vmid'"),
		notes, maxfiles,
		dump(108, "script", "vmid=100&script=/x", "400 script: Only root may set this option."),
		dump(109, "guest of another node", "vmid=200&storage=bk", "200 OK"),
		kept,
		restore(111, "existing guest", form("vmid", "100", "archive", archive100), "500 unable to restore VM 100 - VM 100 already exists on node 'pve1'", backups100(1)),
		restore(112, "running guest", form("vmid", "100", "archive", archive100, "force", "1"), "T unable to restore VM 100 - vm is running", func(l *lab) {
			backups100(1)(l)
			run100(l)
		}),
		restore(113, "disk beside archive", form("vmid", "101", "archive", archive100, "scsi0", "local-lvm:8"), "400 scsi0: option conflicts with option 'archive'", backups100(1)),
		force,
	}
}

func readRows() []row {
	get := func(n int, name, path, params, want string) row {
		return row{n: n, name: name, method: "GET", path: path, params: params, want: want}
	}
	unknownStorage := get(115, "unknown storage", "/nodes/pve1/storage/x1/content", "", "500 storage 'x1' does not exist")
	unknownStorage.root = true
	foreign := get(120, "task of another user", taskPath("UPID:pve1:00000001:00000001:00000001:qmstart:100:other@pve:")+"/log", "", "403 Permission check failed (/nodes/pve1, Sys.Audit)")
	return []row{
		unknownStorage,
		get(116, "content type", "/nodes/pve1/storage/local/content", "content=disk", "400 content: invalid format - invalid content type 'disk'\n"),
		{n: 117, name: "protected backup", method: "DELETE", path: "/nodes/pve1/storage/bk/content/" + archive100, state: func(l *lab) {
			backups100(1)(l)
			l.as(rootToken).ok("PUT", "/nodes/pve1/storage/bk/content/"+archive100, "protected=1")
		}, want: "T cannot remove protected volume 'backup/vzdump-qemu-100-2026_03_04-05_06_27.vma.zst' on 'bk'"},
		get(118, "garbage task id", "/nodes/pve1/tasks/garbage/status", "", "400 upid: unable to parse worker upid"),
		get(119, "unknown task", taskPath("UPID:pve1:00000001:00000001:00000001:qmstart:100:kvm@pve!t:")+"/status", "", "400 upid: no such task"),
		foreign,
		get(121, "no time frame", g100+"/rrddata", "", "400 timeframe: "+missing),
		get(122, "decade", g100+"/rrddata", "timeframe=decade", "400 timeframe: value 'decade' does not have a value in the enumeration 'hour, day, week, month, year'"),
		get(123, "bad console ticket", g100+"/vncwebsocket", form("port", "5900", "vncticket", "PVEVNC:00000000::x"), "401 permission denied - invalid PVEVNC ticket"),
		get(124, "console port", g100+"/vncwebsocket", form("port", "5800", "vncticket", "x"), "400 port: value must have a minimum value of 5900"),
	}
}

func firewallRows() []row {
	fw := g100 + "/firewall"
	req := func(n int, name, method, path, params, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: method, path: fw + path, params: params, want: want, state: state}
	}
	filled := func(l *lab) {
		l.ok("POST", fw+"/ipset", "name=ipfilter-net0")
		l.ok("POST", fw+"/ipset/ipfilter-net0", "cidr=10.0.0.5")
	}
	return []row{
		req(125, "set twice", "POST", "/ipset", "name=ipfilter-net0", "400 name: IPSet 'ipfilter-net0' already exists", filled),
		req(126, "address twice", "POST", "/ipset/ipfilter-net0", "cidr=10.0.0.5", "400 cidr: address '10.0.0.5' already exists", filled),
		req(126, "address as network", "POST", "/ipset/ipfilter-net0", form("cidr", "10.0.0.5/32"), "400 cidr: address '10.0.0.5' already exists", filled),
		req(127, "no such set", "POST", "/ipset/nope", "cidr=10.0.0.5", "500 no such IPSet 'nope'", nil),
		req(128, "whole world", "POST", "/ipset/ipfilter-net0", form("cidr", "0.0.0.0/0"), "400 cidr: a zero prefix is not allowed in ipset entries", filled),
		req(128, "short name", "POST", "/ipset", "name=s", "400 name: value does not match the regex pattern", nil),
		req(129, "filled set", "DELETE", "/ipset/ipfilter-net0", "", "500 IPSet 'ipfilter-net0' is not empty", filled),
		req(130, "port without protocol", "POST", "/rules", "type=in&action=ACCEPT&dport=22", "400 proto: missing property - 'dport' requires this property", nil),
		req(131, "unknown set as source", "POST", "/rules", form("type", "in", "action", "ACCEPT", "source", "+nope"), "400 source: no such ipset 'nope'", nil),
		req(132, "no such rule", "DELETE", "/rules/7", "", "500 no rule at position 7", nil),
		req(133, "policy", "PUT", "/options", "policy_in=accept", "400 policy_in: value 'accept' does not have a value in the enumeration 'ACCEPT, REJECT, DROP'", nil),
		req(134, "stale digest", "PUT", "/options", form("enable", "1", "digest", strings.Repeat("0", 40)), "500 detected modified configuration - file changed by other user? Try again.", nil),
	}
}

func insideRows() []row {
	agent := g100 + "/agent"
	get := func(n int, name, want string, state func(l *lab)) row {
		return row{n: n, name: name, method: "GET", path: agent + "/network-get-interfaces", want: want, state: state}
	}
	return []row{
		get(135, "no agent", "500 No QEMU guest agent configured", nil),
		get(136, "agent of a stopped guest", "500 VM 100 is not running", key100("agent")),
		get(137, "silent agent", "500 QEMU guest agent is not running", func(l *lab) {
			key100("agent")(l)
			l.sim.SetHabits(100, pvesim.Habits{NoAgent: true})
			run100(l)
		}),
		{n: 138, name: "no pid", method: "GET", path: agent + "/exec-status", want: "400 pid: " + missing},
		{n: 139, name: "pool twice", method: "POST", path: "/pools", params: "poolid=pp", state: func(l *lab) { l.ok("POST", "/pools", "poolid=pp") }, want: "500 create pool failed: pool 'pp' already exists"},
		{n: 140, name: "filled pool", method: "DELETE", path: "/pools/pp", state: func(l *lab) {
			l.ok("POST", "/pools", "poolid=pp")
			l.ok("PUT", "/pools/pp", "vms=100")
		}, want: "500 delete pool failed: pool 'pp' is not empty (contains VM 100)"},
	}
}
