package schema_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

const notInSchema = "property is not defined in schema and the schema does not allow additional properties"

func TestParsePropString_refusesInTheWordsOfTheOriginal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		v            schema.Version
		format, text string
		want         string
	}{
		{schema.V92, "inline/net", "virtio,tag=5,tag=6", "duplicate key in comma-separated list property: tag"},
		{schema.V92, "inline/net", "virtio,vmbr0", "duplicate key in comma-separated list property: model"},
		{schema.V92, "inline/net", "model=virtio,e1000", "duplicate key in comma-separated list property: model"},
		{schema.V92, "inline/net", "model=virtio,virtio=02:00:00:00:00:01", "key alias 'model' is already defined"},
		{schema.V92, "inline/scsi-alloc", "file=s0:1,volume=s0:2", "key 'file' is already defined (via alias)"},
		{schema.V92, "pve-qm-ipconfig", "dhcp", "value without key, but schema does not define a default key"},
		{schema.V92, "inline/net", "virtio,=x", "missing key in comma-separated list property"},
		{schema.V92, "inline/net", "virtio,bridge=", "missing key in comma-separated list property"},
		{schema.V92, "inline/net", "virtio,bridge=a\nb", "missing key in comma-separated list property"},
		{schema.V92, "inline/net", "bridge=vmbr0", "format error\ninline/net.model: property is missing and it is not optional"},
		{schema.V92, "inline/net", "virtio,foo=1", "format error\ninline/net.foo: " + notInSchema},
		{
			schema.V92, "inline/net", "nosuch,rate=-1,queues=65",
			"format error\ninline/net.model: value 'nosuch' does not have a value in the enumeration 'e1000, e1000-82540em, " +
				"e1000-82544gc, e1000-82545em, e1000e, i82551, i82557b, i82559er, ne2k_isa, ne2k_pci, pcnet, rtl8139, virtio, vmxnet3'\n" +
				"inline/net.queues: value must have a maximum value of 64\ninline/net.rate: value must have a minimum value of 0",
		},
		{schema.V92, "inline/agent", "true", "format error\ninline/agent.enabled: type check ('boolean') failed - got 'true'"},
		{schema.V84, "inline/sata-alloc", "s0:1,iothread=1", "format error\ninline/sata-alloc.iothread: " + notInSchema},
		{schema.V84, "pve-qm-ide", "s0:1,import-from=/x", "format error\npve-qm-ide.import-from: " + notInSchema},
		{schema.V92, "inline/ide-alloc", "s0:1,cyls=5", "format error\ninline/ide-alloc.cyls: " + notInSchema},
		{schema.V84, "pve-qm-ipconfig", "gw=10.0.0.1", "format error\npve-qm-ipconfig.ip: missing property - 'pve-qm-ipconfig.gw' requires this property"},
		{schema.V92, "pve-qm-boot", "order=scsi0;foo", "format error\npve-qm-boot.order: invalid format - invalid boot device 'foo'\n"},
		{schema.V92, "pve-vm-cpu-conf", "flags=+aes", "CPU is missing cputype"},
		{schema.V92, "pve-vm-cpu-conf", "custom-x", "Custom cputype 'x' not found"},
		{schema.V74, "pve-vm-cpu-conf", "x86-64-v2-AES", "Built-in cputype 'x86-64-v2-AES' is not defined (missing 'custom-' prefix?)"},
		{schema.V92, "pve-vm-cpu-conf", "host,reported-model=host", "Property 'reported-model' not allowed in VM-specific CPU config."},
		{
			schema.V84, "pve-vm-cpu-conf", "host,flags=+foo",
			"VM-specific CPU flags must be a subset of: pcid, spec-ctrl, ibpb, ssbd, virt-ssbd, amd-ssbd, amd-no-ssb, pdpe1gb, md-clear, hv-tlbflush, hv-evmcs, aes",
		},
		{schema.V92, "prune-backups", "keep-all=1,keep-last=3", "keep-all cannot be set together with other options."},
		{schema.V92, "backup-fleecing", "1", "'storage' parameter is required when 'enabled' is set"},
	}
	for _, c := range cases {
		_, err := schema.ParsePropString(c.v, c.format, c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s %s %q: got %v, want %q", c.v, c.format, c.text, err, c.want)
		}
	}
}

func TestParsePropString_readsKeys(t *testing.T) {
	t.Parallel()
	type keys = map[string]string
	cases := []struct {
		v            schema.Version
		format, text string
		want         keys
	}{
		{schema.V92, "inline/net", "virtio", keys{"model": "virtio"}},
		{schema.V92, "pve-qm-net", "bridge=vmbr0,e1000=02:00:00:00:00:01,link_down=OFF", keys{"model": "e1000", "macaddr": "02:00:00:00:00:01", "bridge": "vmbr0", "link_down": "0"}},
		{schema.V92, "pve-qm-drive:scsi", " ,local-lvm:vm-100-disk-0,,size=32G,ssd=on", keys{"file": "local-lvm:vm-100-disk-0", "size": "32G", "ssd": "1"}},
		{schema.V84, "pve-qm-drive:virtio", "volume=s0:1,bps_rd_length=5", keys{"file": "s0:1", "bps_rd_max_length": "5"}},
		{schema.V92, "pve-qm-ide", "none,media=cdrom", keys{"file": "none", "media": "cdrom"}},
		{schema.V92, "pve-ipconfig", "ip=10.0.0.5/24,gw=10.0.0.1,ip6=auto", keys{"ip": "10.0.0.5/24", "gw": "10.0.0.1", "ip6": "auto"}},
		{schema.V92, "inline/agent", "1,guest-fsfreeze=0", keys{"enabled": "1", "freeze-fs": "0"}},
		{schema.V74, "inline/agent", "enabled=0,1", keys{"enabled": "1"}},
		{schema.V84, "pve-qm-memory", "2048", keys{"current": "2048"}},
		{schema.V92, "pve-qm-boot", "order=scsi0;net0", keys{"order": "scsi0;net0"}},
		{schema.V92, "pve-qm-boot", "cdn", keys{"legacy": "cdn"}},
		{schema.V92, "pve-vm-cpu-conf", "x86-64-v2-AES,flags=+nested-virt;-pcid", keys{"cputype": "x86-64-v2-AES", "flags": "+nested-virt;-pcid"}},
		{schema.V92, "prune-backups", "keep-last=3,keep-all=0", keys{"keep-last": "3", "keep-all": "0"}},
		{schema.V92, "inline/net", "virtio,firewall=yes\n", keys{"model": "virtio", "firewall": "1"}},
		{schema.V92, "pve-qm-ipconfig", "", keys{}},
	}
	for _, c := range cases {
		got, err := schema.ParsePropString(c.v, c.format, c.text)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s %q: got %v, %v; want %v", c.v, c.format, c.text, got, err, c.want)
		}
	}
}

func TestParsePropString_wantsAPropertyString(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v      schema.Version
		format string
	}{{schema.V74, "inline/memory"}, {schema.V92, "pve-vmid"}, {schema.V92, "nosuch"}, {"1.0", "inline/net"}} {
		if _, err := schema.ParsePropString(c.v, c.format, "x"); !errors.Is(err, schema.ErrNoFormat) {
			t.Errorf("%s %s: got %v, want ErrNoFormat", c.v, c.format, err)
		}
	}
}

func TestFormatNames_allParse(t *testing.T) {
	t.Parallel()
	names := schema.FormatNames()
	if !slices.IsSorted(names) || len(names) == 0 {
		t.Fatalf("names: %v", names)
	}
	for _, name := range names {
		if _, err := schema.ParsePropString(schema.V92, name, "x"); errors.Is(err, schema.ErrNoFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// propStrings are the names of all property strings of a release.
func propStrings(v schema.Version) []string {
	var names []string
	for name, f := range schema.Formats(v) {
		if f.Keys() != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func FuzzParsePropString(f *testing.F) {
	for _, seed := range []string{
		"", "virtio=02:00:00:00:00:01,bridge=vmbr0,tag=5", "local-lvm:32,ssd=1,mbps_rd=10.5", "ip=dhcp,ip6=auto", "order=scsi0;net0",
		"1,fstrim_cloned_disks=1", "host,flags=+aes;-pcid", "=,=,", "a=b=c", "none,media=cdrom", "keep-all=1", "x\n", "\x00",
	} {
		f.Add(seed, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, pick uint8) {
		for _, v := range schema.Versions() {
			names := propStrings(v)
			name := names[int(pick)%len(names)]
			got, err := schema.ParsePropString(v, name, text)
			if (err == nil) == (got == nil) {
				t.Fatalf("%s %s %q: both or neither of %v and %v", v, name, text, got, err)
			}
			known := map[string]bool{}
			for _, row := range schema.Formats(v)[name].Keys() {
				known[row.Name] = row.Alias == ""
			}
			for key := range got {
				if !known[key] {
					t.Fatalf("%s %s %q: accepted key %q", v, name, text, key)
				}
			}
		}
	})
}
