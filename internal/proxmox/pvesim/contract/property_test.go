package contract_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// anyValue draws plain texts, awkward ones, JSON booleans and arrays.
func anyValue() *rapid.Generator[contract.Value] {
	texts := rapid.OneOf(
		rapid.SampledFrom([]string{"", "0", "1", "100", "-1", "x", "a=b,c", "local-lvm:32", "virtio,bridge=vmbr0", "\x00", "a,,b", "10.0.0.1/24", "::", "\n"}),
		rapid.String(),
		rapid.StringMatching(`[a-z0-9]{1,6}(=[a-z0-9:./;+-]{0,9})?(,[a-z_]{1,9}=[A-Za-z0-9:./;+-]{0,9}){0,4}`),
	)
	return rapid.Custom(func(t *rapid.T) contract.Value {
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			return contract.Value{Text: rapid.SampledFrom([]string{"0", "1"}).Draw(t, "bool"), JSONBool: true}
		case 1:
			return contract.Value{List: rapid.SliceOfN(texts, 0, 3).Draw(t, "list"), IsList: true}
		}
		return contract.Value{Text: texts.Draw(t, "text")}
	})
}

// anyParams draws parameters for an endpoint, known ones mostly.
func anyParams(t *rapid.T, ep *contract.Endpoint, extra []string) contract.Params {
	p := contract.Params{}
	for range rapid.IntRange(0, 8).Draw(t, "count") {
		name := rapid.SampledFrom(extra).Draw(t, "name")
		if ep.Takes(name) || rapid.IntRange(0, 9).Draw(t, "keep") == 0 {
			p[name] = anyValue().Draw(t, "value")
		}
	}
	return p
}

func TestValidate_neverPanicsAndIsSteady(t *testing.T) {
	t.Parallel()
	names := strings.Fields(`node vmid newid name memory cores cpu net0 net31 net32 scsi0 scsi30 ide2 virtio0 efidisk0 tpmstate0 unused0
		ipconfig0 sshkeys nameserver boot agent tags hotplug startup delete force digest command storage target targetstorage
		size disk cidr source dest sport dport proto icmp-type action type pos content vmids prune-backups fleecing
		performance poolid iface mode timeframe hostpci0 usb0 smbios1 machine cicustom exclude-path bwlimit`)
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom(contract.Versions()).Draw(t, "release")
		ep := rapid.SampledFrom(contract.Endpoints(v)).Draw(t, "endpoint")
		p := anyParams(t, ep, names)
		before := fmt.Sprint(p)
		first, second := ep.Validate(v, p), ep.Validate(v, p)
		if !maps.Equal(first, second) {
			t.Fatalf("%s %s %v: %q, then %q", ep.Method, ep.Path, p, first, second)
		}
		if first != nil && len(first) == 0 {
			t.Fatalf("%s %s %v: empty result, want nil", ep.Method, ep.Path, p)
		}
		if after := fmt.Sprint(p); after != before {
			t.Fatalf("parameters changed from %s to %s", before, after)
		}
		for key, msg := range first {
			if key == "" || msg == "" {
				t.Fatalf("%s %s %v: nameless fault %q: %q", ep.Method, ep.Path, p, key, msg)
			}
		}
	})
}

func TestPerm_checkNeverPanics(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		for _, ep := range contract.Endpoints(v) {
			got := ep.Perm.Check(v, contract.Params{}, func(path, priv string) bool {
				if !strings.HasPrefix(path, "/") || !slices.Contains(contract.Privileges(v), priv) {
					t.Errorf("%s %s %s: asked for %q on %q", v, ep.Method, ep.Path, priv, path)
				}
				return false
			})
			if free := ep.Perm.World() || got == ""; !free && !ep.Perm.Broken() && !strings.HasPrefix(got, "Permission check failed") {
				t.Errorf("%s %s %s: got %q", v, ep.Method, ep.Path, got)
			}
		}
	}
}

func TestFind_worksFromManyGoroutines(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, v := range contract.Versions() {
				ep, _, ok := contract.Find(v, "PUT", vm+"/config")
				if !ok || ep.Validate(v, text("node=pve1&vmid=100&net0=virtio,bridge=vmbr0&cpu=host&scsi0=local:1")) != nil {
					t.Errorf("%s: found %v, refused", v, ok)
				}
			}
		})
	}
	wg.Wait()
}

func TestFind_findsEveryEndpointByItsOwnPath(t *testing.T) {
	t.Parallel()
	for _, v := range contract.Versions() {
		for _, want := range contract.Endpoints(v) {
			path := strings.NewReplacer("{", "v-", "}", "").Replace(want.Path)
			got, vars, ok := contract.Find(v, want.Method, path)
			if !ok || got.Path != want.Path || len(vars) != strings.Count(want.Path, "{") {
				t.Errorf("%s %s %s: found %v %v", v, want.Method, path, got, vars)
			}
		}
	}
}
