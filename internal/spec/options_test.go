package spec_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// optionFields is product-spec §14.1 and §14.2, and what we add, written down a second time: the field that each option must reach.
func optionFields() map[string]func(spec.Spec) int {
	system := func(s spec.Spec) spec.Disk { return s.System }
	additional := func(s spec.Spec) spec.Disk { return s.Additional }
	size := func(disk func(spec.Spec) spec.Disk) func(spec.Spec) int {
		return func(s spec.Spec) int { return disk(s).SizeGiB }
	}
	limit := func(disk func(spec.Spec) spec.Disk, field func(spec.Limits) int) func(spec.Spec) int {
		return func(s spec.Spec) int { return field(disk(s).Limits) }
	}
	readMBps := func(l spec.Limits) int { return l.ReadMBps }
	writeMBps := func(l spec.Limits) int { return l.WriteMBps }
	readIOPS := func(l spec.Limits) int { return l.ReadIOPS }
	writeIOPS := func(l spec.Limits) int { return l.WriteIOPS }
	return map[string]func(spec.Spec) int{
		"CPU Cores":                       func(s spec.Spec) int { return s.Cores },
		"RAM":                             func(s spec.Spec) int { return s.MemoryMiB / 1024 },
		"System Disk":                     size(system),
		"Additional Disk":                 size(additional),
		"System Disk Read Bandwidth":      limit(system, readMBps),
		"System Disk Write Bandwidth":     limit(system, writeMBps),
		"System Disk Read IOPS":           limit(system, readIOPS),
		"System Disk Write IOPS":          limit(system, writeIOPS),
		"Additional Disk Read Bandwidth":  limit(additional, readMBps),
		"Additional Disk Write Bandwidth": limit(additional, writeMBps),
		"Additional Disk Read IOPS":       limit(additional, readIOPS),
		"Additional Disk Write IOPS":      limit(additional, writeIOPS),
		"Network Bandwidth":               func(s spec.Spec) int { return s.Network.RateMBps },
		"Traffic Limit":                   func(s spec.Spec) int { return s.Traffic.LimitGiB },
		"IPv4 Addresses":                  func(s spec.Spec) int { return s.Network.IPv4 },
		"IPv6 Addresses":                  func(s spec.Spec) int { return s.Network.IPv6 },
		"Backups":                         func(s spec.Spec) int { return s.Backups },
		"Snapshots":                       func(s spec.Spec) int { return s.Snapshots },
		"Operating System":                func(s spec.Spec) int { return s.Template },
	}
}

func legacyOptions() map[string]string {
	return map[string]string{
		"B": "Backups", "S": "Snapshots", "CPU": "CPU Cores", "RAM": "RAM",
		"ipv4": "IPv4 Addresses", "ipv6": "IPv6 Addresses", "OS": "Operating System",
	}
}

// staticAddresses is a product where counts of addresses matter, and every setting differs from every option below.
const staticAddresses = `{"vm": {"template": 9000, "cpu": 3, "ram_gb": 3, "backups": 3, "snapshots": 3},
	"network": {"dhcp4": false, "dhcp6": false, "ipv4": 3, "ipv6": 3, "bandwidth_mbps": 3}, "traffic": {"limit_gb": 3},
	"system_disk": {"size_gb": 3, "read_mbps": 3, "write_mbps": 3, "read_iops": 3, "write_iops": 3},
	"additional_disk": {"size_gb": 3, "read_mbps": 3, "write_mbps": 3, "read_iops": 3, "write_iops": 3}}`

func resolve(t *testing.T, options map[string]string) spec.Spec {
	t.Helper()
	s, err := spec.Resolve(spec.Facts{Settings: staticAddresses, Options: options})
	if err != nil {
		t.Fatalf("options %v: %v", options, err)
	}
	return s
}

func TestOptions_eachReachesItsOwnFieldAndNoOther(t *testing.T) {
	t.Parallel()
	fields := optionFields()
	if names := spec.OptionNames(); len(names) != 19 || len(fields) != 19 {
		t.Fatalf("%d names and %d fields, want 19 of each", len(names), len(fields))
	}
	for _, name := range spec.OptionNames() {
		got, before := resolve(t, map[string]string{name: "777|777 of them"}), resolve(t, nil)
		for other, field := range fields {
			want := field(before)
			if other == name {
				want = 777
			}
			if field(got) != want {
				t.Errorf("option %q: %q is %d, want %d", name, other, field(got), want)
			}
		}
	}
}

func TestOptions_legacyNamesMeanTheSame(t *testing.T) {
	t.Parallel()
	for prefix, plain := range legacyOptions() {
		for _, name := range []string{prefix, prefix + "|for people", " " + prefix + " | x"} {
			if got := optionFields()[plain](resolve(t, map[string]string{name: " 777 | x"})); got != 777 {
				t.Errorf("option %q: %q is %d, want 777", name, plain, got)
			}
		}
		if plain == prefix {
			continue
		}
		if got := optionFields()[plain](resolve(t, map[string]string{prefix: "777", plain: "555"})); got != 555 {
			t.Errorf("%q and %q: got %d, want the plain name's 555", prefix, plain, got)
		}
	}
}

func TestOptions_assignedZeroCounts(t *testing.T) {
	t.Parallel()
	for name, field := range optionFields() {
		if name == "CPU Cores" || name == "RAM" || name == "Operating System" {
			continue // 0 has no meaning there
		}
		if got := field(resolve(t, map[string]string{name: "0"})); got != 0 {
			t.Errorf("%s = 0: got %d, want 0 and not the product's 3", name, got)
		}
	}
}

func TestOptions_emptyOrUnknownOnesAreAsGoodAsNone(t *testing.T) {
	t.Parallel()
	want := resolve(t, nil)
	for name, options := range map[string]map[string]string{
		"empty":              {"CPU Cores": "", "System Disk": " ", "Operating System": "|None"},
		"of somebody else":   {"Support Level": "gold", "cpu cores": "9", "Disk": "9"},
		"OS of 0":            {"Operating System": "00"},
		"empty legacy names": {"CPU|x": "", "B": "| none"},
	} {
		if got := resolve(t, options); got != want {
			t.Errorf("%s: got %+v\nwant %+v", name, got, want)
		}
	}
}

func TestOptions_additionalDiskOfZeroIsAWish(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options map[string]string
		want    spec.Disk
	}{
		"by the product": {nil, spec.Disk{SizeGiB: 3}},
		"by the client":  {map[string]string{"Additional Disk": "0"}, spec.Disk{SizeGiB: 0, Explicit: true}},
		"another size":   {map[string]string{"Additional Disk": "20|20 GB"}, spec.Disk{SizeGiB: 20, Explicit: true}},
		"unset":          {map[string]string{"Additional Disk": ""}, spec.Disk{SizeGiB: 3}},
	} {
		got := resolve(t, c.options).Additional
		if got.SizeGiB != c.want.SizeGiB || got.Explicit != c.want.Explicit {
			t.Errorf("%s: %d GB, explicit %v; want %d GB, explicit %v", name, got.SizeGiB, got.Explicit, c.want.SizeGiB, c.want.Explicit)
		}
	}
}

func TestOptions_badValuesNameOptionAndValue(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"CPU Cores": "0", "RAM": "4 GB", "System Disk": "-1", "IPv4 Addresses": "many", "Operating System": "debian",
		"Backups": "1.5", "CPU|Processor": "1e9",
	} {
		_, err := spec.Resolve(spec.Facts{Options: map[string]string{name: value + "|text"}})
		if err == nil || !strings.Contains(err.Error(), `"`+name+`" is "`+value+`"; it must be`) {
			t.Errorf("%s = %q: got %v, want a sentence with both", name, value, err)
		}
	}
}

func TestOptions_anySubsetWorks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		chosen := rapid.SliceOfDistinct(rapid.SampledFrom(spec.OptionNames()), rapid.ID).Draw(rt, "options")
		options := map[string]string{}
		for _, name := range chosen {
			options[name] = "200"
		}
		got := resolve(t, options)
		for name, field := range optionFields() {
			want := field(resolve(t, nil))
			if options[name] != "" {
				want = 200
			}
			if field(got) != want {
				rt.Fatalf("options %v: %q is %d, want %d", chosen, name, field(got), want)
			}
		}
	})
}
