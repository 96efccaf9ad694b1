package contract_test

import (
	"maps"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// text makes parameters out of key, value pairs.
func text(pairs ...string) contract.Params {
	p := contract.Params{}
	for i := 0; i+1 < len(pairs); i += 2 {
		p[pairs[i]] = contract.Value{Text: pairs[i+1]}
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

func TestValidate_acceptsPlainCreate(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		p := text("vmid", "100", "name", "web-1.example", "memory", "2048", "net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
			"scsi0", "local-lvm:32,discard=on,ssd=1", "ide2", "local-lvm:cloudinit", "ipconfig0", "ip=10.0.0.5/24,gw=10.0.0.1",
			"boot", "order=scsi0;net0", "agent", "1", "cpu", "host", "onboot", "1")
		if got := validate(t, v, "POST", "/nodes/pve1/qemu", p); got != nil {
			t.Errorf("%s: %v", v, got)
		}
	}
}
