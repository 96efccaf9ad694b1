package pvesim_test

import (
	"testing"
	"time"
)

// The calls of one deployment, from the template to a running guest on another node.
func TestSim_carriesADeployment(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	exit := func(method, path, params string) {
		t.Helper()
		if got := l.task(method, path, params); got != "OK" {
			t.Fatalf("%s %s: task ended %q", method, path, got)
		}
	}
	exit("POST", "/nodes/pve1/qemu/9000/clone", form("newid", "100", "name", "web1", "full", "1", "storage", "local-lvm"))
	if ran := l.sim.Tasks()[0]; ran.End.Sub(ran.Start) != 5*time.Second {
		t.Errorf("clone took %v, want exactly 5s", ran.End.Sub(ran.Start))
	}
	exit("POST", "/nodes/pve1/qemu/100/migrate", form("target", "pve2", "targetstorage", "shared"))
	const vm = "/nodes/pve2/qemu/100"
	l.ok("PUT", vm+"/config", form("cores", "2", "memory", "2048", "description", "kvmbridge:a:42"))
	exit("PUT", vm+"/resize", form("disk", "scsi0", "size", "20G"))
	l.ok("PUT", vm+"/config", form("scsi1", "shared:5,format=qcow2"))
	l.ok("PUT", vm+"/config", form("net0", "virtio,bridge=vmbr0,tag=7,firewall=1"))
	l.ok("PUT", vm+"/firewall/options", form("enable", "1", "ipfilter", "1"))
	l.ok("POST", vm+"/firewall/ipset", form("name", "ipfilter-net0"))
	l.ok("POST", vm+"/firewall/ipset/ipfilter-net0", form("cidr", "203.0.113.10"))
	l.ok("PUT", vm+"/config", form("ciuser", "root", "cipassword", "secret", "ipconfig0", "ip=203.0.113.10/24,gw=203.0.113.1"))
	exit("POST", vm+"/status/start", "")

	g, ok := l.sim.Guest(100)
	if !ok || !g.Running || g.Node != "pve2" || g.Name != "web1" || g.Description != "kvmbridge:a:42" {
		t.Fatalf("guest: got %+v", g)
	}
	for key, want := range map[string]string{
		"scsi0": "shared:100/vm-100-disk-0.raw,size=20G", "scsi1": "shared:100/vm-100-disk-1.qcow2,size=5G",
		"cores": "2", "memory": "2048", "boot": "order=scsi0",
	} {
		if g.Config[key] != want {
			t.Errorf("%s: got %q, want %q", key, g.Config[key], want)
		}
	}
	if got := g.Firewall.IPSets["ipfilter-net0"]; len(got) != 1 || got[0] != "203.0.113.10" {
		t.Errorf("ipset: got %v", got)
	}
	if st := l.ok("GET", vm+"/status/current", "").object(); st["status"] != "running" {
		t.Errorf("status: got %v", st["status"])
	}
}
