package legacy

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/states"
)

// adoption is a record that is taken over.
type adoption struct {
	record
	leases    []ippool.Lease // in the order in which WHMCS shows them
	kept      []ippool.Lease // further ones, which staff keep back for nobody else
	attention string         // a sentence for a person who has to set it going; "" = nothing was under way
	notes     []string
}

// judge decides about one record; why is a sentence about what keeps it from being taken over, "" = nothing does.
func (w *world) judge(r record) (a adoption, why string) {
	if why := w.fault(r); why != "" {
		return adoption{}, why
	}
	a = adoption{record: r}
	if r.gone() {
		return a, ""
	}
	if !states.Resting(r.status) {
		a.attention = fmt.Sprintf("It was taken over while it stood at %q, and nothing has been done to it since. Go on from there with \"kvmbridge vm retry %d --service\", or reset its status.", r.status, r.serviceID)
		a.notes = append(a.notes, fmt.Sprintf("It stands at %q: a person has to set it going.", r.status))
	}
	for _, address := range r.shown {
		lease, note := w.place(r.serverID, address)
		if why := w.contested(r, address, lease); why != "" {
			return adoption{}, why
		}
		if note != "" {
			a.notes = append(a.notes, note)
			continue
		}
		if slices.Contains(w.held[address], holding{0, network{r.serverID, lease.Bridge, lease.VLAN}}) {
			a.kept = append(a.kept, lease)
			continue
		}
		a.leases = append(a.leases, lease)
	}
	return a, ""
}

// fault is what is wrong with the record itself, or with the id that it names.
func (w *world) fault(r record) string {
	switch {
	case w.records[r.serviceID] > 1:
		return fmt.Sprintf("The table has %d rows for service %d: delete those that are wrong.", w.records[r.serviceID], r.serviceID)
	case !r.exists:
		return fmt.Sprintf("WHMCS has no service %d.", r.serviceID)
	case !states.Known(r.status):
		return fmt.Sprintf("The status %q is not known.", r.status)
	case r.gone():
		return ""
	case r.vmid == 0 && built(r):
		return fmt.Sprintf("It stands at %q and names no VM id.", r.status)
	case r.vmid != 0 && r.name == "":
		return fmt.Sprintf("It names no VM name, by which VM %d could be known as its own.", r.vmid)
	}
	for _, other := range w.guests[guest{r.serverID, r.vmid}] {
		if r.vmid != 0 && other != r.serviceID {
			return fmt.Sprintf("VM %d of server %d is also that of service %d: correct the record of the one that does not own it.", r.vmid, r.serverID, other)
		}
	}
	return ""
}

// built tells a status that nobody reaches without a guest.
func built(r record) bool {
	return r.status != vm.Creation && r.status != vm.SetIP && r.status != vm.Terminate && r.status != vm.ErrorTerminate
}

// place finds the network that an address is from. The note says why it cannot be known.
func (w *world) place(serverID int64, a netip.Addr) (ippool.Lease, string) {
	var fits []ippool.Pool
	for _, p := range w.pools[serverID] {
		if !a.Less(p.First) && !p.Last.Less(a) && a.BitLen() == p.First.BitLen() {
			fits = append(fits, p)
		}
	}
	switch {
	case len(fits) == 0:
		return ippool.Lease{}, fmt.Sprintf("%s lies in no pool of server %d: it stays with the service as WHMCS shows it.", a, serverID)
	case slices.ContainsFunc(fits, func(p ippool.Pool) bool { return p.Bridge != fits[0].Bridge || p.VLAN != fits[0].VLAN }):
		return ippool.Lease{}, fmt.Sprintf("%s lies in pools of several networks of server %d, so that its own is not known: it stays with the service as WHMCS shows it.", a, serverID)
	case a == fits[0].Gateway:
		return ippool.Lease{}, fmt.Sprintf("%s is the gateway of its pool: it stays with the service as WHMCS shows it.", a)
	}
	return ippool.Lease{Address: a, Network: fits[0].Network, PoolID: fits[0].ID}, ""
}

// contested is a sentence when another service may have the address in the same network.
func (w *world) contested(r record, a netip.Addr, l ippool.Lease) string {
	here := network{r.serverID, l.Bridge, l.VLAN}
	for _, h := range w.held[a] {
		if h.serviceID != r.serviceID && h.serviceID != 0 && h.serverID == r.serverID && (h.network == here || !l.Address.IsValid()) {
			return fmt.Sprintf("%s belongs to service %d.", a, h.serviceID)
		}
	}
	for _, s := range w.shown[a] {
		explained := slices.ContainsFunc(w.held[a], func(h holding) bool { return h.serviceID == s.serviceID })
		if s.serviceID != r.serviceID && s.serverID == r.serverID && !explained {
			return fmt.Sprintf("WHMCS shows %s at service %d too: take it from the one that does not have it.", a, s.serviceID)
		}
	}
	return ""
}
