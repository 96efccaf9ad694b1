package vm_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// invariant is what has to be so after whatever happened; broken lists where it is not.
type invariant struct {
	name   string
	broken func(c *census) []string
}

func invariants() []invariant {
	return []invariant{
		{"one guest per live service", each(oneGuest)},
		{"no guest without a service", noStranger},
		{"no disk without a guest", noLooseDisk},
		{"no foreign guest touched", foreignUntouched},
		{"no address twice", noAddressTwice},
		{"addresses are those of the service", each(ownAddresses)},
		{"one VM id per live service", each(ownNumber)},
		{"the guest is what is wanted", each(asWanted)},
		{"a suspended guest is off", each(suspendedIsOff)},
		{"what has ended is empty", each(endedIsEmpty)},
		{"nothing is left to do", nothingToDo},
		{"no queue is left", each(noQueue)},
		{"each effect exactly once", effectsOnce},
		{"each mail goes back to an order", each(mailsOrdered)},
		{"each end is told once", each(endsTold)},
		{"each new password is told once", each(passwordsTold)},
	}
}

func (c *census) broken() map[string][]string {
	found := map[string][]string{}
	for _, i := range invariants() {
		if list := i.broken(c); len(list) > 0 {
			found[i.name] = list
		}
	}
	return found
}

// each looks at one citizen after the other.
func each(look func(c *census, z citizen) []string) func(*census) []string {
	return func(c *census) (all []string) {
		for _, z := range c.citizens {
			for _, line := range look(c, z) {
				all = append(all, fmt.Sprintf("service %d: %s", z.id, line))
			}
		}
		return all
	}
}

func say(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

func oneGuest(c *census, z citizen) []string {
	g, n := c.guest(z)
	switch {
	case !z.live:
		return nil
	case n != 1:
		return say("%d guests, want 1; its record is at %q with VM %d", n, z.machine.Status, z.machine.VMID)
	case !z.recorded || g.VMID != z.machine.VMID || g.Name != z.machine.Name || g.Node != z.machine.Node || g.Lock != "":
		return say("VM %d (%s) on %s lock %q, and the record says %d (%s) on %s", g.VMID, g.Name, g.Node, g.Lock, z.machine.VMID, z.machine.Name, z.machine.Node)
	case z.machine.Status != vm.Ready && !z.parked():
		return say("it stands at %q: %s", z.machine.Status, z.machine.LastError)
	}
	return nil
}

// parked tells a build that waits for the end of a suspension.
func (z citizen) parked() bool {
	return z.suspended && (z.machine.Status == vm.SetCloudInit || z.machine.Status == vm.Starting)
}

func noStranger(c *census) (all []string) {
	known := map[int]bool{}
	for _, g := range c.foreign {
		known[g.VMID] = true
	}
	for _, z := range c.citizens {
		if g, n := c.guest(z); n == 1 && z.live {
			known[g.VMID] = true
		}
	}
	for _, g := range c.guests {
		if !known[g.VMID] {
			all = append(all, fmt.Sprintf("VM %d (%s) on %s: %q", g.VMID, g.Name, g.Node, g.Description))
		}
	}
	return all
}

func noLooseDisk(c *census) (all []string) {
	known := map[string]bool{"9000": true, "9001": true}
	for _, g := range c.guests {
		known[strconv.Itoa(g.VMID)] = true
	}
	for _, v := range c.volumes {
		if id, volume, _ := strings.Cut(v, " "); !known[id] {
			all = append(all, volume)
		}
	}
	return all
}

func foreignUntouched(c *census) []string {
	all := slices.Clone(c.touched)
	for _, was := range c.foreign {
		at := slices.IndexFunc(c.guests, func(v pvesim.GuestView) bool { return v.VMID == was.VMID })
		switch {
		case at < 0:
			all = append(all, fmt.Sprintf("VM %d is gone", was.VMID))
		case !reflect.DeepEqual(c.guests[at], was):
			all = append(all, fmt.Sprintf("VM %d was %+v and is %+v", was.VMID, was, c.guests[at]))
		}
	}
	return all
}

func noAddressTwice(c *census) (all []string) {
	twice := func(where string, list []string) {
		n := map[string]int{}
		for _, a := range list {
			if n[a]++; a != "" && n[a] == 2 {
				all = append(all, a+" is twice "+where)
			}
		}
	}
	var shown, told, let []string
	for _, z := range c.citizens {
		shown = append(shown, strings.Fields(z.shown)...)
	}
	for _, g := range c.guests {
		for part := range strings.SplitSeq(g.Config["ipconfig0"], ",") {
			if address, ok := strings.CutPrefix(part, "ip="); ok {
				told = append(told, address)
			}
			if address, ok := strings.CutPrefix(part, "ip6="); ok {
				told = append(told, address)
			}
		}
		let = append(let, g.Firewall.IPSets["ipfilter-net0"]...)
	}
	twice("in WHMCS", shown)
	twice("in the book", c.book)
	twice("in the guests", told)
	twice("in the firewalls", let)
	return all
}

// ownAddresses sees the same addresses in our book and in WHMCS. Those of the guest are among what is wanted of it.
func ownAddresses(_ *census, z citizen) []string {
	var want []string
	for _, l := range z.held {
		want = append(want, ippool.Expand(l.Address))
	}
	have := strings.Fields(z.shown)
	if first := slices.IndexFunc(z.held, func(l ippool.Lease) bool { return l.Address.Is4() }); first > 0 {
		return say("an IPv6 address is held before %s", z.held[first].Address)
	}
	if !slices.Equal(have, want) {
		return say("WHMCS shows %v, and it holds %v", have, want)
	}
	return nil
}

func ownNumber(_ *census, z citizen) []string {
	want := ""
	if z.live {
		want = strconv.Itoa(z.machine.VMID)
	}
	if z.reserved != want {
		return say("VM ids %q are reserved, want %q", z.reserved, want)
	}
	return nil
}

func asWanted(c *census, z citizen) []string {
	if !z.rests(z.machine) {
		return nil
	}
	g, n := c.guest(z)
	if n != 1 {
		return nil
	}
	bus := map[int]string{9000: "scsi", 9001: "virtio"}[z.want.VM.Template]
	want := z.wanted(z.want, gigabytes(g.Config[bus+"0"]), gigabytes(g.Config[bus+"1"]))
	if z.want.Additional.Size == 0 && !z.drop { // limits of a disk that the product knows nothing of
		want.Additional = wishedDisk{Size: gigabytes(g.Config[bus+"1"])}
		if !slices.Contains(append(z.seconds, 0), want.Additional.Size) {
			return say("the second disk is %q, and %v GiB were ordered", g.Config[bus+"1"], z.seconds)
		}
		g.Config = maps.Clone(g.Config)
		g.Config[bus+"1"] = justSize(g.Config[bus+"1"])
	}
	if z.suspended {
		g = plugged(g)
	}
	if len(g.Pending) > 0 {
		return say("%v is pending", g.Pending)
	}
	if diff := differences(want, z.machine, g, z.held); len(diff) > 0 {
		return []string{strings.Join(diff, "; ")}
	}
	return nil
}

// plugged is a suspended guest as it would be without the suspension.
func plugged(g pvesim.GuestView) pvesim.GuestView {
	g.Config = maps.Clone(g.Config)
	g.Running = !g.Running
	g.Config["net0"] = strings.Replace(g.Config["net0"], ",link_down=1", "", 1)
	return g
}

func gigabytes(drive string) int {
	_, rest, _ := strings.Cut(drive, "size=")
	n, _ := strconv.Atoi(strings.TrimRight(strings.Split(rest, ",")[0], "G"))
	return n
}

func justSize(drive string) string {
	if n := gigabytes(drive); n > 0 {
		return "size=" + strconv.Itoa(n) + "G"
	}
	return ""
}

func suspendedIsOff(c *census, z citizen) []string {
	g, n := c.guest(z)
	switch {
	case !z.live || n != 1:
		return nil
	case z.machine.Suspended != z.suspended:
		return say("the record says suspended=%t, and WHMCS wants %t", z.machine.Suspended, z.suspended)
	case !z.suspended || !g.Running && (z.parked() || g.Config["onboot"] == "0" && strings.Contains(g.Config["net0"], "link_down=1")):
		return nil
	}
	return say("it runs=%t with onboot %q and net0 %q", g.Running, g.Config["onboot"], g.Config["net0"])
}

func endedIsEmpty(_ *census, z citizen) []string {
	m := z.machine
	switch {
	case z.live:
		return nil
	case z.recorded && (m.Status != vm.Removed || m.VMID != 0 || m.MAC != "" || m.Attention != ""):
		return say("its record is at %q with VM %d, MAC %q, attention %q", m.Status, m.VMID, m.MAC, m.Attention)
	case len(z.held) > 0 || z.reserved != "" || z.secrets != "0" || z.shown != "" || z.domain != "":
		return say("it holds %v, VM ids %q, %s secrets, and WHMCS shows %q of %q", z.held, z.reserved, z.secrets, z.shown, z.domain)
	}
	return nil
}

func nothingToDo(c *census) []string { return c.restless }

func noQueue(_ *census, z citizen) []string {
	if z.queue != "" && !z.parked() {
		return say("%q is left in its queue; the record: %+v", z.queue, z.machine)
	}
	return nil
}

// effectsOnce compares the outbox with what the processes committed. Of what they do not know it may hold each or not.
func effectsOnce(c *census) (all []string) {
	have := map[effect]int{}
	for _, z := range c.citizens {
		for _, e := range z.box {
			if e.Kind != "password" {
				have[effect{z.id, e.Kind, e.Subject}]++
			}
		}
	}
	for e := range maps.Keys(c.certain) {
		if _, ok := have[e]; !ok {
			have[e] = 0
		}
	}
	for e, n := range have {
		if n < c.certain[e] || n > c.certain[e]+c.open[e] {
			all = append(all, fmt.Sprintf("service %d: %d of %s %q, want %d and at most %d more", e.service, n, e.kind, e.subject, c.certain[e], c.open[e]))
		}
	}
	return all
}

const (
	readyMail   = "puqProxmoxKVM VM is ready"
	upgradeMail = "puqProxmoxKVM Upgrade Email"
)

// mailsOrdered sees as many mails as orders at any time, one after the last order, and none without one.
func mailsOrdered(_ *census, z citizen) (all []string) {
	ready, upgraded := z.ids("mail", readyMail), z.ids("mail", upgradeMail)
	all = append(surplus("ready mails", ready, z.orders(orderBuild)), surplus("upgrade mails", upgraded, z.orders(orderChange))...)
	built, ok := z.last(orderBuild)
	settled := ok && z.rests(z.machine) && !z.detour
	if n := after(ready, built.before); settled && n == 0 {
		all = append(all, "no ready mail after its last build")
	}
	if n := after(ready, built.after); n > 1 {
		all = append(all, fmt.Sprintf("%d ready mails after its last build", n))
	}
	changed, ok := z.last(orderChange)
	if n := after(upgraded, changed.before); ok && settled && n == 0 && !z.unmailed && changed.before > built.after {
		all = append(all, "no upgrade mail after its last change")
	}
	if n := after(upgraded, changed.after); n > 2 { // one that was under way, and the last
		all = append(all, fmt.Sprintf("%d upgrade mails after its last change", n))
	}
	return all
}

// surplus tells when there were more mails than orders until then.
func surplus(what string, ids []int64, orders []order) []string {
	for i, id := range ids {
		n := 0
		for _, o := range orders {
			if o.before < id {
				n++
			}
		}
		if n <= i {
			return say("%d %s and %d orders until entry %d", i+1, what, n, id)
		}
	}
	return nil
}

func after(ids []int64, mark int64) (n int) {
	for _, id := range ids {
		if id > mark {
			n++
		}
	}
	return n
}

func endsTold(_ *census, z citizen) []string {
	if n, want := len(z.ids("activity", entryEnded)), len(z.orders(orderEnd)); n != want {
		return say("%d entries about %d ends", n, want)
	}
	return nil
}

func passwordsTold(_ *census, z citizen) []string {
	if n, want := len(z.ids("password", "")), len(z.orders(orderPassword)); n != want {
		return say("%d new passwords told of %d", n, want)
	}
	return nil
}
