package pvesim_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// row is a row of pve-behaviour §23: a request in a state, and what must come back. The expected answer is
// written "500 text" (status line), "400 key: message; key2: message" (errors), "T text" (a task that ends so)
// or "200 data"; "..." stands for anything. want7 and want8 override want on 7.4 and on 8.4.
type row struct {
	n            int
	name         string
	on           []contract.Version // nil: all releases
	state        func(l *lab)
	as           string
	method, path string
	params       string
	want         string
	want7, want8 string
	root         bool // as root@pam's token
}

const (
	g100      = "/nodes/pve1/qemu/100"
	config100 = g100 + "/config"
	simUser   = "kvm@pve"
	simToken  = "PVEAPIToken=kvm@pve!t=kvm-secret"
	unknown   = "property is not defined in schema and the schema does not allow additional properties"
	missing   = "property is missing and it is not optional"
)

// refusalLab is the cluster of the table: guest 100 as it describes it, and a caller with the role of §21.3
// on exactly the paths that role names.
func refusalLab(t *testing.T, v contract.Version) *lab {
	t.Helper()
	l := newLab(t, func(cfg *pvesim.Config) {
		*cfg = pvesim.Config{
			Version: v, Clock: cfg.Clock,
			Nodes: []pvesim.NodeConfig{{Name: "pve1"}, {Name: "pve2"}},
			Storages: []pvesim.StorageConfig{
				{ID: "local-lvm", Type: "lvmthin"},
				{ID: "fast", Type: "lvmthin"},
				{ID: "zfs", Type: "zfspool"},
				{ID: "lvm", Type: "lvm"},
				{ID: "files", Type: "dir"},
				{ID: "shared", Type: "nfs", Shared: true},
				{ID: "local", Type: "dir", Content: []string{"iso", "backup", "snippets"}},
				{ID: "iso", Type: "dir", Content: []string{"iso"}},
				{ID: "bk", Type: "dir", Content: []string{"backup"}, KeepBackups: 3},
			},
			Guests: []pvesim.GuestConfig{
				{VMID: 100, Node: "pve1", Config: map[string]string{
					"name": "one", "memory": "2048", "scsi0": "local-lvm:32", "ide2": "local-lvm:cloudinit",
					"net0": "virtio,bridge=vmbr0", "boot": "order=scsi0",
				}},
				{VMID: 200, Node: "pve2", Config: map[string]string{"name": "two"}},
			},
			Users: []pvesim.User{{Name: simUser, Password: "kvm-password"}},
			Tokens: []pvesim.Token{
				{User: simUser, Name: "t", Secret: "kvm-secret"}, {User: "root@pam", Name: "t1", Secret: "root-secret"},
			},
		}
		for _, path := range []string{
			"/vms", "/sdn/zones/localnetwork", "/storage/local-lvm", "/storage/fast", "/storage/zfs", "/storage/lvm",
			"/storage/files", "/storage/shared", "/storage/local", "/storage/iso", "/storage/bk", "/pool",
		} {
			cfg.Grants = append(cfg.Grants, pvesim.Grant{Who: simUser, Path: path, Privs: pvesim.RolePrivs(v)})
		}
	})
	return l.as(simToken)
}

func TestRefusals_everyRowOfTheTable(t *testing.T) {
	t.Parallel()
	rows := slices.Concat(requestRows(), createRows(), configRows(), diskRows(), cloneRows(), powerRows(),
		snapshotRows(), migrateRows(), backupRows(), readRows(), firewallRows(), insideRows())
	done := map[int]bool{}
	for _, r := range rows {
		done[r.n] = true
		for _, v := range contract.Versions() {
			if r.on != nil && !slices.Contains(r.on, v) {
				continue
			}
			t.Run(fmt.Sprintf("%03d_%s_%s", r.n, r.name, v), func(t *testing.T) {
				t.Parallel()
				r.check(t, v)
			})
		}
	}
	for n := 1; n <= 140; n++ {
		if _, why := specialRows()[n]; !done[n] && !why {
			t.Errorf("row %d of the table has no test", n)
		}
	}
}

// specialRows are tested by functions of their own below, or cannot be: the reason says which.
func specialRows() map[int]string {
	return map[int]string{
		2: "TestRefusals_credentials", 3: "TestRefusals_credentials", 9: "TestRefusals_belowTheAPI",
		60: "TestConfig_pendingUntilTheNextStart",
	}
}

func (r row) check(t *testing.T, v contract.Version) {
	t.Helper()
	l := refusalLab(t, v)
	if r.state != nil {
		r.state(l)
	}
	switch {
	case r.root:
		l = l.as(rootToken)
	case r.as == "none":
		l = l.as("")
	}
	want := r.want
	if v == contract.V74 && r.want7 != "" {
		want = r.want7
	}
	if v == contract.V84 && r.want8 != "" {
		want = r.want8
	}
	got := l.do(r.method, r.path, r.params)
	if text := l.summary(got, want); !matches(want, text) {
		t.Errorf("%s %s %s\n got %q\nwant %q", r.method, r.path, r.params, text, want)
	}
	if got.status >= 400 && got.raw != "" && strings.HasPrefix(got.raw, "{") {
		if hasMessage := strings.Contains(got.raw, `"message"`); hasMessage != (v != contract.V74) {
			t.Errorf("body %s: message present is %v", got.raw, hasMessage)
		}
	}
}

// summary writes an answer in the notation of the table.
func (l *lab) summary(r reply, want string) string {
	if upid, ok := r.data.(string); ok && strings.HasPrefix(upid, "UPID:") && strings.HasPrefix(want, "T ") {
		return "T " + l.finish(upid)
	}
	if r.status == http.StatusBadRequest && len(r.errors) > 0 {
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(r.errors)) {
			parts = append(parts, key+": "+r.errors[key])
		}
		return "400 " + strings.Join(parts, "; ")
	}
	if r.status == http.StatusOK {
		return fmt.Sprint("200 ", r.data)
	}
	return fmt.Sprint(r.status, " ", r.reason)
}

func matches(want, got string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), `\.\.\.`, ".*")
	ok, err := regexp.MatchString("(?s)^"+pattern+"$", got)
	return ok && err == nil
}

func TestRefusals_credentials(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		l := refusalLab(t, v)
		before := l.clock.Now()
		bad := l.as("PVEAPIToken=kvm@pve!t=wrong").do("GET", "/version", "")
		want := map[contract.Version]string{contract.V92: "Authentication failed!"}[v]
		if want == "" {
			want = "invalid token value!"
		}
		if bad.status != 401 || bad.reason != want || bad.raw != "" {
			t.Errorf("%s: wrong secret: got %d %q body %q, want 401 %q without body", v, bad.status, bad.reason, bad.raw, want)
		}
		if late := l.clock.Now().Sub(before); late.Seconds() != 3 {
			t.Errorf("%s: wrong secret was answered after %v, want 3s", v, late)
		}
		login := l.as("").ok("POST", "/access/ticket", form("username", simUser, "password", "kvm-password")).object()
		cookie, _ := login["ticket"].(string)
		csrf, _ := login["CSRFPreventionToken"].(string)
		browser := *l
		browser.header = http.Header{"Cookie": {"PVEAuthCookie=" + form("", cookie)[1:]}}
		if r := browser.do("PUT", config100, form("name", "x")); r.status != 401 || r.reason != "Permission denied - invalid csrf token" {
			t.Errorf("%s: ticket without CSRF token: got %d %q", v, r.status, r.reason)
		}
		browser.header.Set("Csrfpreventiontoken", csrf)
		if r := browser.do("PUT", config100, form("name", "x")); r.status != 200 {
			t.Errorf("%s: ticket with CSRF token: got %d %q", v, r.status, r.reason)
		}
		browser.header.Set("Cookie", "PVEAuthCookie=bad")
		browser.header.Set("Authorization", simToken)
		if r := browser.do("GET", "/version", ""); r.status != 401 {
			t.Errorf("%s: a bad cookie beside a good token: got %d, want 401", v, r.status)
		}
	}
}

func TestRefusals_belowTheAPI(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.base+g100+"/status/start", struct{ *strings.Reader }{strings.NewReader("a=1")})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = -1
	got, err := l.send(req)
	if err != nil || got.status != 501 || got.reason != "chunked transfer encoding not supported" {
		t.Errorf("chunked: got %d %q %v", got.status, got.reason, err)
	}
	req, err = http.NewRequestWithContext(t.Context(), http.MethodPut, l.base+config100, strings.NewReader("{oops"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if got, err = l.send(req); err != nil || got.status != 500 || strings.HasPrefix(got.raw, "{") {
		t.Errorf("broken JSON: got %d %q %v, want 500 with plain text", got.status, got.raw, err)
	}
}

func TestConfig_pendingUntilTheNextStart(t *testing.T) {
	t.Parallel()
	l := refusalLab(t, contract.V92)
	l.sim.SetRunning(100, true)
	l.ok("PUT", config100, form("cores", "4"))
	if now := l.ok("GET", config100, "current=1").object()["cores"]; now != 1.0 {
		t.Errorf("current cores: got %v, want 1", now)
	}
	if next := l.ok("GET", config100, "").object()["cores"]; next != 4.0 {
		t.Errorf("cores to come: got %v, want 4", next)
	}
	if exit := l.task("POST", g100+"/status/stop", ""); exit != "OK" {
		t.Fatalf("stop: %s", exit)
	}
	if now := l.ok("GET", config100, "current=1").object()["cores"]; now != 4.0 {
		t.Errorf("cores after the stop: got %v, want 4", now)
	}
}

func versions(v ...contract.Version) []contract.Version { return v }

func requestRows() []row {
	return []row{
		{n: 1, name: "no credentials", as: "none", method: "GET", path: "/version", want: "401 No ticket"},
		{n: 4, name: "wrong password", as: "none", method: "POST", path: "/access/ticket", params: form("username", simUser, "password", "x"), want: "401 authentication failure"},
		{
			n: 5, name: "ticket with a token", method: "POST", path: "/access/ticket", params: form("username", simUser, "password", "x"),
			want: "403 Permission check failed (URI '/access/ticket' not available with API token, need proper ticket.",
		},
		{n: 6, name: "PATCH", method: "PATCH", path: config100, want: "501 method 'PATCH' not available"},
		{n: 7, name: "unknown path", method: "GET", path: g100 + "/disks", want: "501 Method 'GET /nodes/pve1/qemu/100/disks' not implemented"},
		{n: 8, name: "DELETE with body", method: "DELETE+", path: g100, params: "purge=1", want: "501 Unexpected content for method 'DELETE'"},
		{n: 10, name: "large body", method: "POST", path: config100, params: "description=" + strings.Repeat("x", 513<<10), want: "501 for data too large"},
		{n: 10, name: "65 KiB body", on: versions(contract.V74), method: "POST", path: config100, params: "description=" + strings.Repeat("x", 65<<10), want: "501 for data too large"},
		{n: 11, name: "conflicting vmid", method: "POST", path: g100 + "/status/start", params: "vmid=101", want: "400 vmid: duplicate parameter (already defined in URI) with conflicting values!"},
		{n: 12, name: "unknown parameter", method: "POST", path: g100 + "/status/start", params: "foo=1", want: "400 foo: " + unknown},
		{n: 13, name: "no VM.Audit", state: grant("/vms/100", "VM.PowerMgmt"), method: "GET", path: config100, want: "403 Permission check failed (/vms/100, VM.Audit)"},
		{n: 14, name: "403 before 400", state: grant("/vms/100", "VM.Audit"), method: "PUT", path: config100, params: "cores=abc", want: "403 Permission check failed (/vms/100, VM.Config...)"},
		{n: 15, name: "missing guest", method: "GET", path: "/nodes/pve1/qemu/999/config", want: "500 Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist"},
		{n: 16, name: "wrong node", method: "GET", path: "/nodes/pve2/qemu/100/config", want: "500 Configuration file 'nodes/pve2/qemu-server/100.conf' does not exist"},
		{n: 17, name: "unknown node", method: "GET", path: "/nodes/nope/qemu", want: "500 hostname lookup 'nope' failed - failed to get address info for: nope: ..."},
		{n: 18, name: "dead node", state: func(l *lab) { l.sim.SetNodeOnline("pve2", false) }, method: "GET", path: "/nodes/pve2/qemu", want: "595 No route to host"},
		{n: 24, name: "taken id", method: "GET", path: "/cluster/nextid", params: "vmid=100", want: "400 vmid: VM 100 already exists"},
	}
}

// grant replaces what the caller may do on a path.
func grant(path string, privs ...string) func(l *lab) {
	return func(l *lab) { l.sim.Grant(simUser, path, privs...) }
}

func createRows() []row {
	const path = "/nodes/pve1/qemu"
	post := func(n int, name, params, want string) row {
		return row{n: n, name: name, method: "POST", path: path, params: params, want: want}
	}
	return []row{
		post(19, "no id", form("name", "x"), "400 vmid: "+missing),
		post(20, "id too small", "vmid=99", "400 vmid: invalid format - value does not look like a valid VM ID\n"),
		post(21, "id no number", "vmid=abc", "400 vmid: type check ('integer') failed - got 'abc'"),
		post(22, "id taken", "vmid=100", "500 unable to create VM 100 - VM 100 already exists on node 'pve1'"),
		{n: 23, name: "id taken elsewhere", method: "POST", path: "/nodes/pve2/qemu", params: "vmid=100", want: "500 unable to create VM 100 - VM 100 already exists on node 'pve1'"},
		post(25, "bad name", form("vmid", "101", "name", "my_vm"), "400 name: invalid format - value does not look like a valid DNS name\n"),
		post(26, "true", "vmid=101&onboot=true", "400 onboot: type check ('boolean') failed - got 'true'"),
		post(27, "no cores", "vmid=101&cores=0", "400 cores: value must have a minimum value of 1"),
		{
			n: 28, name: "little memory", method: "POST", path: path, params: "vmid=101&memory=8",
			want:  "400 memory: invalid format - format error\nmemory.current: value must have a minimum value of 16\n",
			want7: "400 memory: value must have a minimum value of 16",
		},
		post(29, "scsi31", form("vmid", "101", "scsi31", "local-lvm:8"), "400 scsi31: "+unknown),
		post(30, "size without storage", form("vmid", "101", "scsi0", "32"), "400 scsi0: invalid format - format error\nscsi0.file: invalid format - unable to parse volume ID '32'\n\n"),
		post(30, "size with storage", form("vmid", "101", "scsi0", "32", "storage", "local-lvm"), "400 scsi0: invalid format - format error\nscsi0.file: invalid format - unable to parse volume ID '32'\n\n"),
		{n: 31, name: "unknown storage", root: true, method: "POST", path: path, params: form("vmid", "101", "scsi0", "nas:32"), want: "500 storage 'nas' does not exist"},
		post(32, "no right on storage", form("vmid", "101", "scsi0", "nas:32"), "403 Permission check failed (/storage/nas, Datastore.AllocateSpace)"),
		post(33, "storage without images", form("vmid", "101", "scsi0", "iso:32"), "400 storage: storage 'iso' does not support vm images"),
		post(34, "total and part", form("vmid", "101", "scsi0", "local-lvm:32,mbps=10,mbps_rd=5"), "400 scsi0: unable to parse drive options"),
		post(35, "burst without limit", form("vmid", "101", "scsi0", "local-lvm:32,mbps_rd_max=50"), "400 scsi0: unable to parse drive options"),
		post(36, "iso without media", form("vmid", "101", "ide2", "local:iso/a.iso"), "400 ide2: explicit 'media=cdrom' is required for iso images"),
	}
}

func configRows() []row {
	put := func(n int, name, params, want string) row {
		return row{n: n, name: name, method: "PUT", path: config100, params: params, want: want}
	}
	after := func(r row, state func(l *lab)) row {
		r.state = state
		return r
	}
	on := func(r row, want7, want8 string) row {
		r.want7, r.want8 = want7, want8
		return r
	}
	const badUnicast = "400 net0: invalid format - format error\nnet0.macaddr: invalid format - value does not look like a valid unicast MAC address\n\n"
	return []row{
		put(37, "second cloud-init drive", form("ide0", "local-lvm:cloudinit"), "500 ide0 - cloud-init drive is already attached at 'ide2'"),
		put(38, "tag", form("net0", "virtio,bridge=vmbr0,tag=5000"), "400 net0: invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n"),
		put(39, "multicast", form("net0", "virtio=01:00:5E:00:00:01,bridge=vmbr0"), badUnicast),
		put(40, "address without prefix", form("ipconfig0", "ip=10.0.0.5,gw=10.0.0.1"), "400 ipconfig0: invalid format - format error\nipconfig0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n"),
		on(put(41, "gateway alone", form("ipconfig0", "gw=10.0.0.1"), "400 ipconfig0: invalid format - format error\nipconfig0.ip: missing property required by 'ipconfig0.gw'\n"),
			"400 ipconfig0: invalid format - format error\nipconfig0.ip: missing property - 'ipconfig0.gw' requires this property\n",
			"400 ipconfig0: invalid format - format error\nipconfig0.ip: missing property - 'ipconfig0.gw' requires this property\n"),
		put(42, "plain ssh key", form("sshkeys", "ssh-ed25519 AAAA a@b"), "400 sshkeys: invalid format - invalid urlencoded string: ssh-ed25519 AAAA a@b\n"),
		put(43, "no ssh key", "sshkeys=foo", "500 SSH public key validation error"),
		put(44, "name server", form("nameserver", "1.1.1.1,bad_host"), "400 nameserver: invalid format - value does not look like a valid address: bad_host\n"),
		put(45, "cpu", "cpu=nosuch", "400 cpu: invalid format - Built-in cputype 'nosuch' is not defined (missing 'custom-' prefix?)\n"),
		put(46, "tags", form("tags", "a;b!"), "400 tags: invalid format - invalid characters in tag\n"),
		put(47, "nothing", "", "500 no options specified"),
		on(put(48, "stale digest", form("name", "x", "digest", strings.Repeat("0", 40)), "500 checksum mismatch (file change by other user?)"),
			"500 checksum missmatch (file change by other user?)", ""),
		after(put(49, "locked", "name=x", "500 VM is locked (backup)"), lock100("backup")),
		put(50, "skiplock", "name=x&skiplock=1", "400 skiplock: Only root may use this option."),
		put(51, "args", "args=-foo", "500 only root can set 'args' config"),
		put(52, "unknown key", "delete=bogus", "400 delete: unknown option 'bogus'"),
		put(53, "set and delete", "name=x&delete=name", "400 delete: you can't use '-name' and -delete name' at the same time"),
		on(put(54, "force alone", "force=1", "400 delete: missing property required by 'force'"),
			"400 delete: missing property - 'force' requires this property", "400 delete: missing property - 'force' requires this property"),
		put(55, "background_delay", "name=x&background_delay=5", "400 background_delay: "+unknown),
		put(56, "balloon", "balloon=4096", "500 balloon value too large (must be smaller than assigned memory)"),
		put(57, "boot", form("boot", "order=scsi9"), "500 invalid bootorder: device 'scsi9' does not exist'"),
		after(put(58, "protected", "delete=scsi0", "500 can't remove drive 'scsi0' - protection mode enabled"), key100("protection")),
		after(put(59, "unused in snapshot", "delete=unused0", "500 unable to delete 'local-lvm:vm-100-disk-1' - volume is still in use (snapshot?)"), snapshotOfSecondDisk),
		{n: 61, name: "current and snapshot", method: "GET", path: config100, params: "current=1&snapshot=s1", want: "400 current: ...; snapshot: ..."},
	}
}

func lock100(lock string) func(l *lab) { return func(l *lab) { l.sim.SetLock(100, lock) } }
func key100(key string) func(l *lab) {
	return func(l *lab) { l.sim.SetKey(100, key, "1") }
}
func run100(l *lab) { l.sim.SetRunning(100, true) }

func paused100(l *lab) {
	run100(l)
	l.task("POST", g100+"/status/suspend", "")
}

func snapshotOfSecondDisk(l *lab) {
	l.t.Helper()
	l.ok("PUT", config100, form("scsi1", "local-lvm:1"))
	if exit := l.task("POST", g100+"/snapshot", "snapname=s1"); exit != "OK" {
		l.t.Fatal(exit)
	}
	l.ok("PUT", config100, "delete=scsi1")
}

func diskRows() []row {
	resize := func(n int, name, params, want, want7 string) row {
		return row{n: n, name: name, method: "PUT", path: g100 + "/resize", params: params, want: want, want7: want7}
	}
	return []row{
		resize(62, "unit", form("disk", "scsi0", "size", "10GB"), "400 size: value does not match the regex pattern", ""),
		resize(63, "scsi99", form("disk", "scsi99", "size", "+1G"), "400 disk: value 'scsi99' does not have a value in the enumeration '...'", ""),
		resize(64, "no such disk", form("disk", "scsi5", "size", "+1G"), "T disk 'scsi5' does not exist", "500 disk 'scsi5' does not exist"),
		resize(65, "shrink", form("disk", "scsi0", "size", "16G"), "T shrinking disks is not supported", "500 shrinking disks is not supported"),
		resize(66, "cdrom", form("disk", "ide2", "size", "+1G"), "T you can't resize a cdrom", "500 you can't resize a cdrom"),
		{
			n: 100, name: "no target", method: "POST", path: g100 + "/move_disk", params: "disk=scsi0",
			want: "400 storage: both 'storage' and 'target-vmid' missing, either needs to be set; target-vmid: both 'storage' and 'target-vmid' missing, either needs to be set",
		},
		{n: 101, name: "same storage", method: "POST", path: g100 + "/move_disk", params: "disk=scsi0&storage=local-lvm", want: "500 you can't move to the same storage with same format"},
	}
}
