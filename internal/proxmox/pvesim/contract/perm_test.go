package contract_test

import (
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// grants answers for a caller with the given "path privilege" pairs.
func grants(pairs ...string) func(path, priv string) bool {
	return func(path, priv string) bool {
		return slices.Contains(pairs, path+" "+priv)
	}
}

func TestPerm_namesTheFirstMissingPrivilege(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		v            contract.Version
		method, path string
		query        string
		has          func(path, priv string) bool
		want         string
	}{
		{name: "any login", v: contract.V92, method: "GET", path: "/cluster/nextid", has: grants()},
		{name: "no login", v: contract.V92, method: "POST", path: "/access/ticket", has: grants()},
		{name: "one privilege", v: contract.V92, method: "GET", path: vm + "/config", has: grants(), want: "Permission check failed (/vms/100, VM.Audit)"},
		{name: "granted", v: contract.V92, method: "GET", path: vm + "/config", has: grants("/vms/100 VM.Audit")},
		{
			name: "any of several", v: contract.V92, method: "GET", path: "/nodes/a/storage/x1/status", has: grants(),
			want: "Permission check failed (/storage/x1, Datastore.Audit|Datastore.AllocateSpace)",
		},
		{name: "second of several", v: contract.V92, method: "GET", path: "/nodes/a/storage/x1/status", has: grants("/storage/x1 Datastore.AllocateSpace")},
		{
			name: "and stops at its first branch", v: contract.V92, method: "POST", path: vm + "/clone", query: "newid=101", has: grants(),
			want: "Permission check failed (/vms/100, VM.Clone)",
		},
		{
			name: "or names nothing", v: contract.V92, method: "POST", path: vm + "/clone", query: "newid=101", has: grants("/vms/100 VM.Clone"),
			want: "Permission check failed",
		},
		{
			name: "pool right counts with a pool", v: contract.V92, method: "POST", path: vm + "/clone", query: "newid=101&pool=p",
			has: grants("/vms/100 VM.Clone", "/pool/p VM.Allocate"),
		},
		{
			name: "pool right without pool", v: contract.V92, method: "POST", path: vm + "/clone", query: "newid=101",
			has: grants("/vms/100 VM.Clone", "/pool VM.Allocate"), want: "Permission check failed",
		},
		{name: "agent before 9", v: contract.V84, method: "POST", path: vm + "/agent/ping", has: grants(), want: "Permission check failed (/vms/100, VM.Monitor)"},
		{
			name: "agent since 9", v: contract.V92, method: "POST", path: vm + "/agent/ping", has: grants("/vms/100 VM.Monitor"),
			want: "Permission check failed (/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)",
		},
		{
			name: "root alone", v: contract.V92, method: "POST", path: "/nodes/a/storage/s/content/v", has: grants(),
			want: "Permission check failed (user != root@pam)",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ep, vars, ok := contract.Find(c.v, c.method, c.path)
			if !ok {
				t.Fatal("no such endpoint")
			}
			p := text(c.query)
			for name, value := range vars {
				p[name] = contract.Value{Text: value}
			}
			if got := ep.Perm.Check(c.v, p, c.has); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPerm_cloudInitOf74IsBroken(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		ep, _, _ := contract.Find(v, "PUT", vm+"/cloudinit")
		if got, want := ep.Perm.Broken(), v == contract.V74; got != want {
			t.Errorf("%s: broken %v, want %v", v, got, want)
		}
	}
	ep, _, _ := contract.Find(contract.V74, "PUT", vm+"/cloudinit")
	if ep.Perm.Check(contract.V74, text("vmid=100"), func(string, string) bool { return true }) == "" {
		t.Error("granted, want the fault of the expression")
	}
}

func TestPerm_tellsWhoMayCome(t *testing.T) {
	t.Parallel()
	ticket, _, _ := contract.Find(contract.V92, "POST", "/access/ticket")
	version, _, _ := contract.Find(contract.V92, "GET", "/version")
	replica, _, _ := contract.Find(contract.V92, "POST", "/nodes/a/storage/s/content/v")
	if !ticket.Perm.World() || version.Perm.World() {
		t.Errorf("world: ticket %v, version %v", ticket.Perm.World(), version.Perm.World())
	}
	if !replica.Perm.RootOnly() || version.Perm.RootOnly() {
		t.Errorf("root only: copy %v, version %v", replica.Perm.RootOnly(), version.Perm.RootOnly())
	}
}
