package contract_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// text makes parameters out of a query such as "vmid=100&name=x". Nothing is
// unescaped, so values may hold equal signs.
func text(query string) contract.Params {
	p := contract.Params{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			p[name] = contract.Value{Text: value}
		}
	}
	return p
}

// validate sends parameters through the endpoint of a path.
func validate(t *testing.T, v contract.Version, method, path string, p contract.Params) map[string]string {
	t.Helper()
	ep, vars, ok := contract.Find(v, method, path)
	if !ok {
		t.Fatalf("%s: no endpoint %s %s", v, method, path)
	}
	all := contract.Params{}
	for name, value := range vars {
		all[name] = contract.Value{Text: value}
	}
	maps.Copy(all, p)
	return ep.Validate(v, all)
}

const (
	missing = "property is missing and it is not optional"
	unknown = "property is not defined in schema and the schema does not allow additional properties"
	vm      = "/nodes/pve1/qemu/100"
)

// refusal is a row of pve-behaviour §23 that the schema alone decides.
type refusal struct {
	row          string
	method, path string
	query        string
	want         map[string]string
	old          map[string]string // answer of 7.4 where it differs
	mid          map[string]string // answer of 8.4 where it differs from 9.2
}

func refusals() []refusal {
	err := func(key, msg string) map[string]string { return map[string]string{key: msg} }
	needs := func(key, by string) map[string]string {
		return err(key, "missing property - '"+by+"' requires this property")
	}
	return []refusal{
		{row: "12", method: "POST", path: vm + "/status/start", query: "foo=1", want: err("foo", unknown)},
		{row: "19", method: "POST", path: "/nodes/pve1/qemu", query: "name=x", want: err("vmid", missing)},
		{row: "20", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=99", want: err("vmid", "invalid format - value does not look like a valid VM ID\n")},
		{row: "21", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=abc", want: err("vmid", "type check ('integer') failed - got 'abc'")},
		{row: "25", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&name=my_vm", want: err("name", "invalid format - value does not look like a valid DNS name\n")},
		{row: "26", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&onboot=true", want: err("onboot", "type check ('boolean') failed - got 'true'")},
		{row: "27", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&cores=0", want: err("cores", "value must have a minimum value of 1")},
		{
			row: "28", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&memory=8",
			old:  err("memory", "value must have a minimum value of 16"),
			want: err("memory", "invalid format - format error\nmemory.current: value must have a minimum value of 16\n"),
		},
		{row: "29", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&scsi31=local-lvm:8", want: err("scsi31", unknown)},
		{
			row: "30", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&scsi0=32&storage=local-lvm",
			want: err("scsi0", "invalid format - format error\nscsi0.file: invalid format - unable to parse volume ID '32'\n\n"),
		},
		{row: "31 (schema passes)", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&scsi0=nas:32"},
		{row: "34 (drive parser refuses later)", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&scsi0=local-lvm:32,mbps=10,mbps_rd=5"},
		{row: "36 (handler refuses later)", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&ide2=local:iso/a.iso"},
		{
			row: "38", method: "PUT", path: vm + "/config", query: "net0=virtio,bridge=vmbr0,tag=5000",
			want: err("net0", "invalid format - format error\nnet0.tag: value must have a maximum value of 4094\n"),
		},
		{
			row: "39", method: "PUT", path: vm + "/config", query: "net0=virtio=01:00:5E:00:00:01,bridge=vmbr0",
			want: err("net0", "invalid format - format error\nnet0.macaddr: invalid format - value does not look like a valid unicast MAC address\n\n"),
		},
		{
			row: "40", method: "PUT", path: vm + "/config", query: "ipconfig0=ip=10.0.0.5,gw=10.0.0.1",
			want: err("ipconfig0", "invalid format - format error\nipconfig0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n"),
		},
		{
			row: "41", method: "PUT", path: vm + "/config", query: "ipconfig0=gw=10.0.0.1",
			old:  err("ipconfig0", "invalid format - format error\nipconfig0.ip: missing property - 'ipconfig0.gw' requires this property\n"),
			mid:  err("ipconfig0", "invalid format - format error\nipconfig0.ip: missing property - 'ipconfig0.gw' requires this property\n"),
			want: err("ipconfig0", "invalid format - format error\nipconfig0.ip: missing property required by 'ipconfig0.gw'\n"),
		},
		{
			row: "42", method: "PUT", path: vm + "/config", query: "sshkeys=ssh-ed25519 AAAA a@b",
			want: err("sshkeys", "invalid format - invalid urlencoded string: ssh-ed25519 AAAA a@b\n"),
		},
		{row: "43 (handler refuses later)", method: "PUT", path: vm + "/config", query: "sshkeys=foo"},
		{
			row: "44", method: "PUT", path: vm + "/config", query: "nameserver=1.1.1.1,bad_host",
			want: err("nameserver", "invalid format - value does not look like a valid address: bad_host\n"),
		},
		{
			row: "45", method: "PUT", path: vm + "/config", query: "cpu=nosuch",
			want: err("cpu", "invalid format - Built-in cputype 'nosuch' is not defined (missing 'custom-' prefix?)\n"),
		},
		{row: "46", method: "PUT", path: vm + "/config", query: "tags=a;b!", want: err("tags", "invalid format - invalid characters in tag\n")},
		{row: "52 (handler refuses later)", method: "PUT", path: vm + "/config", query: "delete=bogus"},
		{
			row: "54", method: "PUT", path: vm + "/config", query: "force=1",
			old: needs("delete", "force"), mid: needs("delete", "force"), want: err("delete", "missing property required by 'force'"),
		},
		{row: "55", method: "PUT", path: vm + "/config", query: "background_delay=5", want: err("background_delay", unknown)},
		{row: "57 (handler refuses later)", method: "PUT", path: vm + "/config", query: "boot=order=scsi9"},
		{row: "62", method: "PUT", path: vm + "/resize", query: "disk=scsi0&size=10GB", want: err("size", "value does not match the regex pattern")},
		{row: "63", method: "PUT", path: vm + "/resize", query: "disk=scsi99&size=+1G", want: err("disk", "value 'scsi99' does not have a value in the enumeration '"+resizable()+"'")},
		{row: "67", method: "POST", path: vm + "/clone", query: "full=1", want: err("newid", missing)},
		{row: "85", method: "DELETE", path: vm, query: "force=1", want: err("force", unknown)},
		{row: "90 (handler refuses later)", method: "POST", path: vm + "/snapshot", query: "snapname=current"},
		{row: "91", method: "POST", path: vm + "/snapshot", query: "snapname=1a", want: err("snapname", "invalid format - invalid configuration ID '1a'\n")},
		{row: "92", method: "POST", path: vm + "/snapshot", query: "snapname=" + strings.Repeat("a", 41), want: err("snapname", "value may only be 40 characters long")},
		{
			row: "102", method: "POST", path: "/nodes/pve1/vzdump", query: "mode=snap&vmid=100",
			want: err("mode", "value 'snap' does not have a value in the enumeration 'snapshot, suspend, stop'"),
		},
		{
			row: "103", method: "POST", path: "/nodes/pve1/vzdump", query: "vmid=100&compress=zst",
			want: err("compress", "value 'zst' does not have a value in the enumeration '0, 1, gzip, lzo, zstd'"),
		},
		{
			row: "106", method: "POST", path: "/nodes/pve1/vzdump", query: "vmid=100&notes-template=x",
			old: needs("storage", "notes-template"), mid: needs("storage", "notes-template"),
			want: err("storage", "missing property required by 'notes-template'"),
		},
		{row: "107", method: "POST", path: "/nodes/pve1/vzdump", query: "vmid=100&maxfiles=1", old: nil, mid: nil, want: err("maxfiles", unknown)},
		{
			row: "114", method: "POST", path: "/nodes/pve1/qemu", query: "vmid=101&force=1",
			old: needs("archive", "force"), mid: needs("archive", "force"), want: err("archive", "missing property required by 'force'"),
		},
		{
			row: "116", method: "GET", path: "/nodes/pve1/storage/local/content", query: "content=disk",
			want: err("content", "invalid format - invalid content type 'disk'\n"),
		},
		{row: "118 (handler refuses later)", method: "GET", path: "/nodes/pve1/tasks/garbage/status"},
		{row: "121", method: "GET", path: vm + "/rrddata", want: err("timeframe", missing)},
		{
			row: "122", method: "GET", path: vm + "/rrddata", query: "timeframe=decade",
			want: err("timeframe", "value 'decade' does not have a value in the enumeration 'hour, day, week, month, year'"),
		},
		{row: "124", method: "GET", path: vm + "/vncwebsocket", query: "port=5800&vncticket=x", want: err("port", "value must have a minimum value of 5900")},
		{row: "128 (one letter)", method: "POST", path: vm + "/firewall/ipset", query: "name=s", want: err("name", "value does not match the regex pattern")},
		{row: "128 (schema passes)", method: "POST", path: vm + "/firewall/ipset/set1", query: "cidr=0.0.0.0/0"},
		{row: "130 (rule verifier refuses later)", method: "POST", path: vm + "/firewall/rules", query: "type=in&action=ACCEPT&dport=22"},
		{row: "133", method: "PUT", path: vm + "/firewall/options", query: "policy_in=accept", want: err("policy_in", "value 'accept' does not have a value in the enumeration 'ACCEPT, REJECT, DROP'")},
		{row: "138", method: "GET", path: vm + "/agent/exec-status", want: err("pid", missing)},
	}
}

// resizable is the enumeration a resize prints.
func resizable() string {
	const buses = "ide:4 scsi:31 virtio:16 sata:6"
	var names []string
	for bus := range strings.FieldsSeq(buses) {
		name, count, _ := strings.Cut(bus, ":")
		n := map[string]int{"4": 4, "31": 31, "16": 16, "6": 6}[count]
		for i := range n {
			names = append(names, name+string("0123456789"[i/10%10])[:min(1, i/10)]+string("0123456789"[i%10]))
		}
	}
	return strings.Join(append(names, "efidisk0", "tpmstate0"), ", ")
}

func (r refusal) wanted(v contract.Version) map[string]string {
	differs := r.old != nil || r.mid != nil || r.row == "107"
	switch {
	case v == contract.V74 && differs:
		return r.old
	case v == contract.V84 && (r.mid != nil || r.row == "107"):
		return r.mid
	}
	return r.want
}

func TestValidate_refusesRowsOfBehaviourTable(t *testing.T) {
	t.Parallel()
	for _, r := range refusals() {
		t.Run(r.row, func(t *testing.T) {
			t.Parallel()
			for _, v := range contract.Versions() {
				got := validate(t, v, r.method, r.path, text(r.query))
				if want := r.wanted(v); !reflect.DeepEqual(got, want) {
					t.Errorf("%s %s %s?%s:\n got %q\nwant %q", v, r.method, r.path, r.query, got, want)
				}
			}
		})
	}
}

func TestValidate_acceptsPlainCreate(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		p := text("vmid=100&name=web-1.example&memory=2048&net0=virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1,rate=12.5" +
			"&scsi0=local-lvm:32,discard=on,ssd=1,mbps_rd=10.5,iops_wr=200&ide2=local-lvm:cloudinit&ipconfig0=ip=10.0.0.5/24,gw=10.0.0.1" +
			"&boot=order=scsi0;net0&agent=1,fstrim_cloned_disks=1&cpu=host,flags=+aes&onboot=1&tags=a;B;c&startup=order=1,up=30" +
			"&nameserver=1.1.1.1 2001:db8::1&sshkeys=ssh-ed25519%20AAAA%2BB&serial0=socket&vga=serial0&hotplug=disk,network&cpulimit=0.5")
		if got := validate(t, v, "POST", "/nodes/pve1/qemu", p); got != nil {
			t.Errorf("%s: %v", v, got)
		}
	}
}

func TestValidate_reportsEveryKeyAtOnce(t *testing.T) {
	t.Parallel()
	got := validate(t, contract.V92, "POST", "/nodes/pve1/qemu", text("cores=0&foo=1&onboot=yes"))
	want := map[string]string{
		"vmid": missing, "foo": unknown,
		"cores": "value must have a minimum value of 1", "onboot": "type check ('boolean') failed - got 'yes'",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestValidate_joinsTwoFaultsOfOneKey(t *testing.T) {
	t.Parallel()
	got := validate(t, contract.V74, "POST", "/nodes/pve1/qemu", text("vmid=101&force=1&unique=1"))
	want := `missing property - 'force' requires this property\nmissing property - 'unique' requires this property`
	if got["archive"] != want {
		t.Errorf("got %q, want %q", got["archive"], want)
	}
}

func TestValidate_readsJSONTypesPerRelease(t *testing.T) {
	t.Parallel()
	yes := contract.Value{Text: "1", JSONBool: true}
	const refused = "type check ('boolean') failed - got JSON::PP::Boolean"
	cases := []struct {
		v            contract.Version
		method, path string
		key          string
		value        contract.Value
		want         string
	}{
		{contract.V92, "PUT", vm + "/config", "onboot", yes, ""},
		{contract.V84, "GET", vm + "/config", "current", yes, ""},
		{contract.V74, "PUT", vm + "/config", "onboot", yes, ""},
		{contract.V74, "GET", vm + "/config", "current", yes, refused},
		{contract.V92, "PUT", vm + "/config", "ciuser", yes, "type check ('string') failed - got JSON::PP::Boolean"},
		{contract.V92, "PUT", vm + "/config", "onboot", contract.Value{Text: "true"}, "type check ('boolean') failed - got 'true'"},
	}
	for _, c := range cases {
		got := validate(t, c.v, c.method, c.path, contract.Params{c.key: c.value})[c.key]
		if got != c.want {
			t.Errorf("%s %s %s %v: got %q, want %q", c.v, c.method, c.key, c.value, got, c.want)
		}
	}
}

func TestValidate_readsRepeatedKeysPerRelease(t *testing.T) {
	t.Parallel()
	twice := func(values ...string) contract.Value { return contract.Value{List: values, IsList: true} }
	cases := []struct {
		name         string
		v            contract.Version
		method, path string
		key          string
		value        contract.Value
		want         string
	}{
		{"array of the new releases", contract.V92, "POST", vm + "/agent/exec", "command", twice("ls", "-l"), ""},
		{"single value is wrapped", contract.V84, "POST", vm + "/agent/exec", "command", contract.Value{Text: "ls"}, ""},
		{"NUL list of the old one", contract.V74, "POST", vm + "/agent/exec", "command", twice("ls", "-l"), ""},
		{"list format is joined", contract.V92, "PUT", vm + "/config", "delete", twice("name", "tags"), ""},
		{"list format is checked", contract.V92, "PUT", vm + "/config", "delete", twice("name", "1x"), "invalid format - invalid configuration ID '1x'\n"},
		{"plain string refuses an array", contract.V92, "PUT", vm + "/config", "ciuser", twice("a", "b"), "type check ('string') failed - got ARRAY"},
		{"NUL splits a list", contract.V74, "PUT", vm + "/config", "delete", twice("name", "tags"), ""},
	}
	for _, c := range cases {
		if got := validate(t, c.v, c.method, c.path, contract.Params{c.key: c.value})[c.key]; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFind_tellsPathsApart(t *testing.T) {
	t.Parallel()
	cases := []struct {
		v            contract.Version
		method, path string
		template     string
		vars         map[string]string
	}{
		{contract.V92, "GET", "/version/", "/version", map[string]string{}},
		{contract.V92, "PUT", "/nodes/a/qemu/7/config", "/nodes/{node}/qemu/{vmid}/config", map[string]string{"node": "a", "vmid": "7"}},
		{contract.V92, "GET", "/nodes/a/storage/s/content/s:vm/7/x.qcow2", "/nodes/{node}/storage/{storage}/content/{volume}", map[string]string{"node": "a", "storage": "s", "volume": "s:vm/7/x.qcow2"}},
		{contract.V92, "DELETE", "/nodes/a/qemu/7/firewall/ipset/i/10.0.0.0/24", "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}/{cidr}", map[string]string{"node": "a", "vmid": "7", "name": "i", "cidr": "10.0.0.0/24"}},
		{contract.V84, "PUT", "/pools", "/pools", map[string]string{}},
		{contract.V74, "PUT", "/pools", "", nil},
		{contract.V74, "POST", "/access/vncticket", "", nil},
		{contract.V92, "GET", "/nodes/a/qemu/7/disks", "", nil},
		{contract.V92, "GET", "/nodes//qemu", "", nil},
		{contract.V92, "PATCH", "/version", "", nil},
		{"6.4", "GET", "/version", "", nil},
	}
	for _, c := range cases {
		ep, vars, ok := contract.Find(c.v, c.method, c.path)
		if ok != (c.template != "") {
			t.Errorf("%s %s %s: found %v", c.v, c.method, c.path, ok)
			continue
		}
		if ok && (ep.Path != c.template || !reflect.DeepEqual(vars, c.vars)) {
			t.Errorf("%s %s: got %s %v, want %s %v", c.method, c.path, ep.Path, vars, c.template, c.vars)
		}
	}
}

func TestFind_knowsTokenAndNodeRules(t *testing.T) {
	t.Parallel()
	ticket, _, _ := contract.Find(contract.V92, "POST", "/access/ticket")
	config, _, _ := contract.Find(contract.V92, "GET", vm+"/config")
	console, _, _ := contract.Find(contract.V92, "POST", vm+"/vncproxy")
	if ticket.AllowToken || !config.AllowToken {
		t.Errorf("tokens: ticket %v, config %v", ticket.AllowToken, config.AllowToken)
	}
	if !config.ProxyToNode || console.ProxyToNode {
		t.Errorf("forwarded: config %v, vncproxy %v", config.ProxyToNode, console.ProxyToNode)
	}
	if !config.Takes("snapshot") || config.Takes("scsi0") {
		t.Error("GET config takes snapshot and no scsi0")
	}
}

func TestParsePropString_readsConfigValues(t *testing.T) {
	t.Parallel()
	got, err := contract.ParsePropString(contract.V92, "pve-qm-net", "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=yes")
	want := map[string]string{"model": "virtio", "macaddr": "BC:24:11:00:00:01", "bridge": "vmbr0", "firewall": "1"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestDecode_givesHandlersOneText(t *testing.T) {
	t.Parallel()
	many := contract.Params{"delete": {List: []string{"name", "tags"}, IsList: true}}
	for _, v := range contract.Versions() {
		ep, _, _ := contract.Find(v, "PUT", vm+"/config")
		got := contract.SplitList(ep.Decode(v, many)["delete"].Text)
		if want := []string{"name", "tags"}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", v, got, want)
		}
	}
}
