package legacy

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
)

const poolsHere = "puq_proxmox_kvm_ip_pools"

// pools takes the extension's pools over, if there are none of ours.
func (t *takeover) pools(ctx context.Context) (Part, error) {
	list, err := sources(ctx, t.q, poolTables(), poolFields())
	if err != nil {
		return Part{}, err
	}
	p := found(list)
	if p.Passed, err = t.full(ctx, poolsHere, "IP pools", len(list)); err != nil || p.Passed != "" {
		return p, err
	}
	var taken []ippool.Pool
	for _, s := range list {
		for _, e := range s.entries {
			pool, row, fault := readPool(reader{e, poolFields()}, s.name)
			if fault == "" {
				fault = t.poolFault(pool, taken)
			}
			if fault != "" {
				p.leave(row, fault)
				continue
			}
			if err := addresses.PutPool(ctx, t.q, pool); err != nil {
				return p, err
			}
			taken = append(taken, pool)
			p.take(row)
		}
	}
	return p, nil
}

// full is a sentence about why a table of ours does not take anything in; "" = it does, or there is nothing to take in.
func (t *takeover) full(ctx context.Context, table, what string, found int) (string, error) {
	if found == 0 {
		return "", nil
	}
	if t.again {
		return fmt.Sprintf("The %s were taken over when the addon was first activated; \"kvmbridge import\" does it again if there are none.", what), nil
	}
	n, err := rows(ctx, t.q, table)
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("There already are %s (%d): nothing is added to them.", what, n), nil
}

// readPool understands one row; fault is a sentence, "" = it is understood.
func readPool(r reader, table string) (p ippool.Pool, row Row, fault string) {
	var faults []string
	note := func(text string) { faults = append(faults, text) }
	p.First, p.Last = poolAddress(r, first, "first", note), poolAddress(r, last, "last", note)
	p.Gateway = poolAddress(r, gateway, "gateway", note)
	p.ServerID = int64(poolNumber(r, server, "server", note))
	p.VLAN = poolNumber(r, vlan, "VLAN", note)
	p.Bridge = r.text(bridge)
	p.Bits = poolBits(r.text(mask), note)
	row = Row{Table: table, ID: r.text(rowID), What: fmt.Sprintf("%s - %s on %s, VLAN %d, server %d", r.text(first), r.text(last), p.Bridge, p.VLAN, p.ServerID)}
	p.DNS, row.Notes = poolDNS(r)
	if len(faults) == 0 {
		faults = ippool.Check(p)
	}
	return p, row, sentences(faults)
}

func poolAddress(r reader, name, label string, note func(string)) netip.Addr {
	a, err := netip.ParseAddr(r.text(name))
	if err != nil && r.text(name) != "" {
		note(fmt.Sprintf("The %s address %q is no IP address.", label, r.text(name)))
	}
	return a.Unmap().WithZone("")
}

func poolNumber(r reader, name, label string, note func(string)) int {
	text := r.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		note(fmt.Sprintf("The %s %q is no number.", label, text))
	}
	return n
}

// poolBits takes a prefix length, with or without its slash, and an IPv4 mask.
func poolBits(text string, note func(string)) int {
	bits, err := strconv.Atoi(strings.TrimPrefix(text, "/"))
	if err == nil {
		return bits
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
		if bits, ok := maskBits(a.As4()); ok {
			return bits
		}
	}
	note(fmt.Sprintf("The mask %q is neither a prefix length nor a mask such as 255.255.255.0.", text))
	return 0
}

// maskBits is how many bits a mask has; false where they do not stand together.
func maskBits(m [4]byte) (int, bool) {
	value := uint32(m[0])<<24 | uint32(m[1])<<16 | uint32(m[2])<<8 | uint32(m[3])
	bits := 0
	for ; bits < 32 && value&(1<<31) != 0; bits++ {
		value <<= 1
	}
	return bits, value == 0
}

// poolDNS are the DNS servers that a pool has room for.
func poolDNS(r reader) (list []netip.Addr, notes []string) {
	for word := range strings.FieldsFuncSeq(r.text(dns1)+" "+r.text(dns2), func(c rune) bool { return c == ' ' || c == ',' || c == ';' }) {
		a, err := netip.ParseAddr(word)
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("The DNS server %q is no IP address and was left out.", word))
		case len(list) == 2:
			notes = append(notes, fmt.Sprintf("The DNS server %s is the third and was left out.", a))
		default:
			list = append(list, a.Unmap().WithZone(""))
		}
	}
	return list, notes
}

// poolFault compares a pool with what there is.
func (t *takeover) poolFault(p ippool.Pool, taken []ippool.Pool) string {
	if fault := t.serverFault(p.ServerID); fault != "" {
		return fault
	}
	for _, o := range taken {
		if o.ServerID == p.ServerID && o.Bridge == p.Bridge && o.VLAN == p.VLAN && !p.Last.Less(o.First) && !o.Last.Less(p.First) {
			return fmt.Sprintf("It overlaps the pool %s - %s on the same bridge and VLAN, which was taken over before it.", o.First, o.Last)
		}
	}
	return ""
}

// serverFault tells what is wrong with a server entry; "" = it is one of ours.
func (t *takeover) serverFault(id int64) string {
	switch module, ok := t.servers[id]; {
	case id == 0:
		return "It names no server."
	case !ok:
		return fmt.Sprintf("WHMCS has no server %d.", id)
	case !strings.EqualFold(module, serverModule):
		return fmt.Sprintf("Server %d is of the module %q and not a Proxmox server of this one.", id, module)
	}
	return ""
}

func (t *takeover) loadServers(ctx context.Context) error {
	var list []struct {
		ID     int64  `db:"id"`
		Module string `db:"type"`
		List   string `db:"assignedips"`
	}
	if err := t.q.SelectContext(ctx, &list, "SELECT id, COALESCE(type, '') AS type, COALESCE(assignedips, '') AS assignedips FROM tblservers"); err != nil {
		return err
	}
	t.servers, t.lists = map[int64]string{}, map[int64]string{}
	for _, s := range list {
		t.servers[s.ID], t.lists[s.ID] = s.Module, s.List
	}
	return nil
}

// currentPools are the usable pools of every server, the legacy lists of the server entries last.
func (t *takeover) currentPools(ctx context.Context) ([]ippool.Pool, error) {
	pools, err := addresses.Pools(ctx, t.q)
	if err != nil {
		return nil, err
	}
	for id, text := range t.lists {
		if strings.EqualFold(t.servers[id], serverModule) {
			list, _ := ippool.ParseLegacy(text, id)
			pools = append(pools, list...)
		}
	}
	return pools, nil
}
