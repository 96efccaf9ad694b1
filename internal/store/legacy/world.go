package legacy

import (
	"context"
	"net/netip"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// guest is where a VM id is unique.
type guest struct {
	serverID int64
	vmid     int
}

// network is where an address is unique.
type network struct {
	serverID int64
	bridge   string
	vlan     int
}

// holding is an address that a service has; service 0 is nobody, for whom staff keep it back.
type holding struct {
	serviceID int64
	network
}

// shown is a service at which WHMCS shows an address.
type shown struct {
	serviceID, serverID int64
}

// world is what records are compared with.
type world struct {
	records map[int64]int // service -> how many it has
	guests  map[guest][]int64
	shown   map[netip.Addr][]shown
	held    map[netip.Addr][]holding
	pools   map[int64][]ippool.Pool // by server
}

func (t *takeover) world(ctx context.Context, records []record) (*world, error) {
	w := &world{
		records: map[int64]int{}, guests: map[guest][]int64{}, shown: map[netip.Addr][]shown{},
		held: map[netip.Addr][]holding{}, pools: map[int64][]ippool.Pool{},
	}
	for _, r := range records {
		w.records[r.serviceID]++
		if r.vmid != 0 && !r.gone() {
			w.guest(guest{r.serverID, r.vmid}, r.serviceID)
		}
	}
	pools, err := t.currentPools(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range pools {
		w.pools[p.ServerID] = append(w.pools[p.ServerID], p)
	}
	for _, load := range []func(context.Context, *world) error{t.loadReserved, t.loadShown, t.loadHeld} {
		if err := load(ctx, w); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) guest(g guest, serviceID int64) {
	if !slices.Contains(w.guests[g], serviceID) {
		w.guests[g] = append(w.guests[g], serviceID)
	}
}

func (t *takeover) loadReserved(ctx context.Context, w *world) error {
	var rows []struct {
		ServerID  int64 `db:"server_id"`
		VMID      int   `db:"vmid"`
		ServiceID int64 `db:"service_id"`
	}
	err := t.q.SelectContext(ctx, &rows, "SELECT server_id, vmid, service_id FROM kvmbridge_vmid_reservations WHERE service_id IS NOT NULL")
	for _, r := range rows {
		w.guest(guest{r.ServerID, r.VMID}, r.ServiceID)
	}
	return err
}

// loadShown reads the addresses of live services: live in WHMCS, or with a guest that is not cleaned up yet.
func (t *takeover) loadShown(ctx context.Context, w *world) error {
	var rows []struct {
		ID       int64  `db:"id"`
		ServerID int64  `db:"server"`
		Shown    string `db:"shown"`
	}
	err := t.q.SelectContext(ctx, &rows, `SELECT h.id, COALESCE(h.server, 0) AS server, CONCAT_WS(' ', h.dedicatedip, h.assignedips) AS shown FROM tblhosting h
		WHERE (h.dedicatedip <> '' OR h.assignedips <> '') AND (h.domainstatus IN ('Pending', 'Active', 'Suspended', 'Completed')
		OR EXISTS (SELECT 1 FROM puqProxmoxKVM_vm_info i WHERE i.service_id = h.id AND i.vm_status <> 'remove'))`)
	for _, r := range rows {
		for _, a := range ippool.ParseAddresses(r.Shown) {
			w.shown[a] = append(w.shown[a], shown{r.ID, r.ServerID})
		}
	}
	return err
}

func (t *takeover) loadHeld(ctx context.Context, w *world) error {
	var rows []struct {
		Address   []byte `db:"address"`
		ServiceID int64  `db:"service_id"`
		ServerID  int64  `db:"server_id"`
		Bridge    string `db:"bridge"`
		VLAN      int    `db:"vlan"`
	}
	err := t.q.SelectContext(ctx, &rows, "SELECT address, service_id, server_id, bridge, vlan FROM kvmbridge_ip_allocations")
	for _, r := range rows {
		a, _ := netip.AddrFromSlice(r.Address)
		w.held[a] = append(w.held[a], holding{r.ServiceID, network{r.ServerID, r.Bridge, r.VLAN}})
	}
	return err
}
