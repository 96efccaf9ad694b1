package legacy

import (
	"context"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// batch is a statement that inserts many rows.
type batch struct {
	head, tail string
	rows       [][]any
}

// chunk keeps a statement far below the size that servers take.
const chunk = 500

func (t *takeover) insert(ctx context.Context, b batch) error {
	for part := range slices.Chunk(b.rows, chunk) {
		var args []any
		marks := make([]string, len(part))
		for i, r := range part {
			marks[i] = "(?" + strings.Repeat(", ?", len(r)-1) + ")"
			args = append(args, r...)
		}
		if _, err := t.q.ExecContext(ctx, b.head+" VALUES "+strings.Join(marks, ", ")+" "+b.tail, args...); err != nil {
			return err
		}
	}
	return nil
}

// adopt writes down what the judge let pass.
func (t *takeover) adopt(ctx context.Context, list []adoption) error {
	if len(list) == 0 {
		return nil
	}
	for _, b := range []batch{t.work(list), t.numbers(list), t.addresses(list)} {
		if err := t.insert(ctx, b); err != nil {
			return err
		}
	}
	if err := t.keptBack(ctx, list); err != nil {
		return err
	}
	return t.names(ctx, list)
}

// keptBack hands addresses over that are kept back; their notes stay, so that they are kept back again when the service
// gives them up.
func (t *takeover) keptBack(ctx context.Context, list []adoption) error {
	for _, a := range list {
		for _, l := range a.kept {
			_, err := t.q.ExecContext(ctx, `UPDATE kvmbridge_ip_allocations SET service_id = ?, pool_id = ?, prefix_bits = ?, gateway = ?, dns = ?, allocated_at = ?
				WHERE server_id = ? AND bridge = ? AND vlan = ? AND address = ? AND service_id = 0`,
				a.serviceID, l.PoolID, l.Bits, l.Gateway.AsSlice(), servers(l), tx.Moment(t.now), a.serverID, l.Bridge, l.VLAN, l.Address.AsSlice())
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func servers(l ippool.Lease) string {
	var list []string
	for _, s := range l.DNS {
		list = append(list, s.String())
	}
	return strings.Join(list, ",")
}

// work are our rows. Nothing is due: whatever was under way waits for a person.
func (t *takeover) work(list []adoption) batch {
	b := batch{
		head: "INSERT INTO kvmbridge_vm (service_id, server_id, adopted, suspended, attention, attention_at, created_at)",
		tail: "ON DUPLICATE KEY UPDATE woken = woken", // an order of this moment made the row
	}
	for _, a := range list {
		at := tx.Moment(t.now)
		at.Valid = a.attention != ""
		b.rows = append(b.rows, []any{a.serviceID, a.serverID, !a.gone(), a.suspended, plain.Text(a.attention), at, tx.Moment(t.now)})
	}
	return b
}

// numbers reserve the VM ids; one that was set aside as somebody else's turns out to be this service's.
func (t *takeover) numbers(list []adoption) batch {
	b := batch{
		head: "INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at)",
		tail: "ON DUPLICATE KEY UPDATE service_id = COALESCE(service_id, VALUES(service_id))",
	}
	for _, a := range list {
		if a.vmid != 0 && !a.gone() {
			b.rows = append(b.rows, []any{a.serverID, a.vmid, a.serviceID, tx.Moment(t.now)})
		}
	}
	return b
}

func (t *takeover) addresses(list []adoption) batch {
	b := batch{head: `INSERT INTO kvmbridge_ip_allocations
		(server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at)`}
	for _, a := range list {
		for _, l := range a.leases {
			b.rows = append(b.rows, []any{
				a.serverID, l.Bridge, l.VLAN, l.Address.AsSlice(), a.serviceID, l.PoolID, l.Bits, l.Gateway.AsSlice(), servers(l), tx.Moment(t.now),
			})
		}
	}
	return b
}

// names enters the DNS records that the reference product made for the guests, so that they go with them. They are called
// live unseen: the next resync looks, and writes what is missing.
func (t *takeover) names(ctx context.Context, list []adoption) error {
	configured, err := zonebook.In(t.q, t.box).List(ctx)
	if err != nil {
		return err
	}
	var zones []dns.Zone
	for _, z := range configured {
		zones = append(zones, z.Plan())
	}
	b := batch{head: "INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, ours, tried, changed_at)"}
	for _, a := range list {
		if slices.Contains([]pipeline.State{vm.Removed, vm.Creation, vm.SetIP, vm.Cloned}, a.status) {
			continue // it has none any more, or none yet
		}
		for _, e := range dns.Plan(dns.Want(a.guest()), nil, zones).Add {
			b.rows = append(b.rows, []any{e.ServiceID, e.ZoneID, e.Name, string(e.Type), plain.Clean(e.Content), string(dns.Live), true, true, tx.Moment(t.now)})
		}
	}
	return t.insert(ctx, b)
}

// guest is what its records were made of. A domain that does not begin with the VM's name was not made by the name rule, and
// its records may be somebody else's.
func (a adoption) guest() dns.Guest {
	g := dns.Guest{ServiceID: a.serviceID}
	if strings.HasPrefix(strings.ToLower(a.domain), strings.ToLower(a.name)+".") {
		g.FQDN = a.domain
	}
	for _, address := range a.shown {
		g.Addresses = append(g.Addresses, dns.Reverse{Addr: address, Name: a.reverse[ippool.Expand(address)]})
		switch {
		case address.Is4() && !g.Main.IsValid():
			g.Main = address
		case address.Is6() && !g.First6.IsValid():
			g.First6 = address
		}
	}
	return g
}
