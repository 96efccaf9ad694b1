package vm_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// wish is a random product, in the form of its settings.
type wish struct {
	VM struct {
		Node     string  `json:"node"`
		Template int     `json:"template"`
		Clone    string  `json:"clone"`
		CPU      int     `json:"cpu"`
		RAM      float64 `json:"ram_gb"`
		First    int     `json:"first_vmid"`
		User     string  `json:"os_username"`
	} `json:"vm"`
	Network struct {
		Model  string `json:"model"`
		Rate   int    `json:"bandwidth_mbps"`
		IPv4   int    `json:"ipv4"`
		IPv6   int    `json:"ipv6"`
		DHCP4  bool   `json:"dhcp4"`
		DHCP6  bool   `json:"dhcp6"`
		Bridge string `json:"bridge"`
	} `json:"network"`
	System     wishedDisk `json:"system_disk"`
	Additional wishedDisk `json:"additional_disk"`
	Firewall   struct {
		Enable    bool   `json:"enable"`
		In        string `json:"policy_in"`
		Out       string `json:"policy_out"`
		Log       string `json:"log_in"`
		NDP       bool   `json:"ndp"`
		DHCP      bool   `json:"dhcp"`
		MAC       bool   `json:"mac_filter"`
		IP        bool   `json:"ip_filter"`
		Advertise bool   `json:"router_adv"`
		Anti      bool   `json:"anti_spoofing"`
	} `json:"firewall"`
}

type wishedDisk struct {
	Storage   string `json:"storage"`
	Size      int    `json:"size_gb"`
	ReadMBps  int    `json:"read_mbps"`
	WriteMBps int    `json:"write_mbps"`
	ReadIOPS  int    `json:"read_iops"`
	WriteIOPS int    `json:"write_iops"`
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomDisk(r *rand.Rand, sizes ...int) wishedDisk {
	return wishedDisk{
		Storage: pick(r, "", "", "local-lvm", "shared"), Size: pick(r, sizes...),
		ReadMBps: pick(r, 0, 0, 50), WriteMBps: pick(r, 0, 70), ReadIOPS: pick(r, 0, 900), WriteIOPS: pick(r, 0, 0, 1200),
	}
}

func randomWish(r *rand.Rand) wish {
	var w wish
	w.VM.Node, w.VM.Template, w.VM.Clone = pick(r, "", "pve1", "pve2", "pve3"), pick(r, 9000, 9001), pick(r, "linked", "full")
	w.VM.CPU, w.VM.RAM, w.VM.First, w.VM.User = 1+r.IntN(16), pick(r, 0.5, 1, 3.5, 16), 100+r.IntN(5000), pick(r, "", "admin")
	n := &w.Network
	n.Model, n.Rate, n.IPv4, n.IPv6, n.Bridge = pick(r, "", "virtio", "e1000"), pick(r, 0, 12, 125), r.IntN(4), r.IntN(3), pick(r, "vmbr0", "vmbr1")
	n.DHCP4, n.DHCP6 = r.IntN(4) == 0, r.IntN(4) == 0
	w.System, w.Additional = randomDisk(r, 0, 5, 10, 20, 33), randomDisk(r, 0, 0, 7, 15)
	f := &w.Firewall
	f.Enable, f.NDP, f.DHCP, f.MAC, f.IP = r.IntN(4) > 0, r.IntN(2) > 0, r.IntN(2) > 0, r.IntN(2) > 0, r.IntN(2) > 0
	f.Advertise, f.Anti = r.IntN(2) > 0, r.IntN(3) > 0
	f.In, f.Out, f.Log = pick(r, "ACCEPT", "DROP", "REJECT"), pick(r, "ACCEPT", "DROP"), pick(r, "nolog", "info")
	return w
}

// Whatever is ordered is what is built.
func TestProperty_theGuestIsWhatWasOrdered(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t, crowd)
	w.conns = 20
	before := w.guests()
	wishes := map[int64]wish{}
	var services []int64
	for range 40 {
		want := randomWish(r)
		settings, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		id := w.order(string(settings))
		wishes[id], services = want, append(services, id)
	}
	w.newProcess(nil, services...)
	w.awaitAll(patience, services...)
	w.awaitIdle()
	w.checkOnce(before, services...)
	for id, want := range wishes {
		if diff := w.compare(id, want); len(diff) > 0 {
			t.Errorf("service %d ordered %+v: %s", id, want, strings.Join(diff, "; "))
		}
	}
	if failed := w.db.Text(t, "SELECT COALESCE(GROUP_CONCAT(label, ': ', result), '') FROM kvmbridge_run_steps WHERE result <> 'success'"); failed != "" {
		t.Errorf("steps stood on the way: %s", failed)
	}
}

// compare lists what a guest has otherwise than ordered.
func (w *world) compare(service int64, want wish) (diff []string) {
	w.t.Helper()
	m := w.machine(service)
	g, _ := w.sim.Guest(m.VMID)
	held, err := w.store.Held(w.t.Context(), service)
	if err != nil {
		w.t.Fatal(err)
	}
	return differences(want, m, g, held)
}

// differences lists what a guest has otherwise than wanted.
func differences(want wish, m vm.Machine, g pvesim.GuestView, held []ippool.Lease) (diff []string) {
	is := func(what, got, want string) {
		if got != want {
			diff = append(diff, fmt.Sprintf("%s is %q, want %q", what, got, want))
		}
	}
	is("running", strconv.FormatBool(g.Running), "true")
	is("cores", g.Config["cores"], strconv.Itoa(want.VM.CPU))
	is("memory", g.Config["memory"], strconv.Itoa(int(want.VM.RAM*1024)))
	is("ipconfig0", g.Config["ipconfig0"], want.ipConfig(held))
	is("addresses", strconv.Itoa(len(held)), strconv.Itoa(want.count()))
	is("net0", property(g.Config["net0"]), property(want.nic(m.MAC)))
	if want.VM.User != "" {
		is("ciuser", g.Config["ciuser"], want.VM.User)
	}
	if want.VM.Node != "" {
		is("node", g.Node, want.VM.Node)
	}
	if m.VMID < want.VM.First {
		diff = append(diff, fmt.Sprintf("VM id %d is below %d", m.VMID, want.VM.First))
	}
	bus := map[int]string{9000: "scsi", 9001: "virtio"}[want.VM.Template]
	is("system disk", limits(g.Config[bus+"0"]), want.System.limits(max(want.System.Size, 10)))
	second := ""
	if want.Additional.Size > 0 {
		second = want.Additional.limits(want.Additional.Size)
	}
	is("second disk", limits(g.Config[bus+"1"]), second)
	if s := want.System.Storage; s != "" && (want.VM.Clone == "full" || g.Node != "pve1" && want.VM.Template == 9000) { // a linked clone leaves a local storage when it moves
		is("storage of the system disk", strings.Split(g.Config[bus+"0"], ":")[0], s)
	}
	if s := want.Additional.Storage; s != "" && want.Additional.Size > 0 {
		is("storage of the second disk", strings.Split(g.Config[bus+"1"], ":")[0], s)
	}
	return append(diff, want.firewallDiff(g.Firewall.Options, g.Firewall.IPSets["ipfilter-net0"], held)...)
}

func (d wishedDisk) limits(size int) string {
	parts := []string{"size=" + strconv.Itoa(size) + "G"}
	for key, n := range map[string]int{"mbps_rd": d.ReadMBps, "mbps_wr": d.WriteMBps, "iops_rd": d.ReadIOPS, "iops_wr": d.WriteIOPS} {
		if n > 0 {
			parts = append(parts, key+"="+strconv.Itoa(n))
		}
	}
	return property(strings.Join(parts, ","))
}

// limits is a drive without its volume, and without what we do not set.
func limits(drive string) string {
	parts := slices.DeleteFunc(strings.Split(drive, ","), func(p string) bool {
		return !strings.HasPrefix(p, "size=") && !strings.HasPrefix(p, "mbps_") && !strings.HasPrefix(p, "iops_")
	})
	return property(strings.Join(parts, ","))
}

// property is a property string in a fixed order.
func property(s string) string {
	parts := strings.Split(s, ",")
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func (w wish) managed() bool { return !w.Network.DHCP4 && !w.Network.DHCP6 }

func (w wish) count() int {
	n := 0
	if !w.Network.DHCP4 {
		n += w.Network.IPv4
	}
	if !w.Network.DHCP6 {
		n += w.Network.IPv6
	}
	return n
}

func (w wish) nic(mac string) string {
	model := w.Network.Model
	if model == "" {
		model = "virtio"
	}
	bridge := w.Network.Bridge
	if w.count() > 0 {
		bridge = "vmbr0" // where the pools are
	}
	s := model + "=" + mac + ",bridge=" + bridge
	if w.Network.Rate > 0 {
		s += ",rate=" + strconv.Itoa(w.Network.Rate)
	}
	if w.managed() {
		s += ",firewall=1"
	}
	return s
}

func (w wish) ipConfig(held []ippool.Lease) string {
	var parts []string
	first := func(four bool) {
		for _, l := range held {
			if l.Address.Is4() == four {
				six := map[bool]string{true: "", false: "6"}[four]
				parts = append(parts, fmt.Sprintf("ip%s=%s/%d", six, l.Address, l.Bits), fmt.Sprintf("gw%s=%s", six, l.Gateway))
				return
			}
		}
	}
	if w.Network.DHCP4 {
		parts = append(parts, "ip=dhcp")
	} else {
		first(true)
	}
	if w.Network.DHCP6 {
		parts = append(parts, "ip6=dhcp")
	} else {
		first(false)
	}
	return strings.Join(parts, ",")
}

func (w wish) firewallDiff(have map[string]string, set []string, held []ippool.Lease) (diff []string) {
	if !w.managed() {
		if len(have)+len(set) > 0 {
			diff = append(diff, fmt.Sprintf("firewall %v %v, want nothing managed", have, set))
		}
		return diff
	}
	bit := map[bool]string{true: "1", false: "0"}
	f := w.Firewall
	for _, o := range [][3]string{
		{"enable", bit[f.Enable], "0"},
		{"ndp", bit[f.NDP], "1"},
		{"dhcp", bit[f.DHCP], "0"},
		{"macfilter", bit[f.MAC], "1"},
		{"ipfilter", bit[f.IP], "0"},
		{"radv", bit[f.Advertise], "0"},
		{"policy_in", f.In, "DROP"},
		{"policy_out", f.Out, "ACCEPT"},
		{"log_level_in", f.Log, "nolog"},
	} {
		got, ok := have[o[0]]
		if !ok {
			got = o[2] // what Proxmox does without it
		}
		if got != o[1] {
			diff = append(diff, fmt.Sprintf("firewall %s is %q, want %q", o[0], got, o[1]))
		}
	}
	want := 0
	if f.Anti {
		want = len(held)
	}
	if len(set) != want {
		diff = append(diff, fmt.Sprintf("address set %v, want %d of %v", set, want, held))
	}
	return diff
}
