package vm_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// clusters by the id of their server entry.
type clusters map[int64]*proxmox.Cluster

func (c clusters) Cluster(_ context.Context, serverID int64) (hypervisor.Cluster, error) {
	return c[serverID], nil
}

// secondCluster adds a server entry with a cluster and a pool of its own.
func (w *world) secondCluster() (server int64, sim *pvesim.Sim) {
	w.t.Helper()
	sim = pvesim.New(pvesim.Demo(w.clk))
	srv, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = srv.Close() })
	server = w.db.Server(w.t, "other cluster")
	w.db.Pool(w.t, ippool.Pool{ServerID: server, First: netip.MustParseAddr("198.51.100.10"), Last: netip.MustParseAddr("198.51.100.50"), Network: ippool.Network{
		Bridge: "vmbr0", Bits: 24, Gateway: netip.MustParseAddr("198.51.100.1"),
	}})
	w.db.Pool(w.t, ippool.Pool{ServerID: server, First: netip.MustParseAddr("2001:db8:1::10"), Last: netip.MustParseAddr("2001:db8:1::ff"), Network: ippool.Network{
		Bridge: "vmbr0", Bits: 64, Gateway: netip.MustParseAddr("2001:db8:1::1"),
	}})
	first, _ := w.steps.Fleet.Cluster(w.t.Context(), w.server)
	w.steps.Fleet = clusters{w.server: first.(*proxmox.Cluster), server: w.connect(srv)}
	return server, sim
}

// Until its old guest is gone, a service whose server entry was changed lives where it was built, however its order is
// started anew.
func TestServerChange_removesTheOldGuestWhereItIs(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*world, int64) error{
		"redeploy":          func(w *world, id int64) error { return w.desk.Redeploy(w.t.Context(), id) },
		"reset to creation": func(w *world, id int64) error { return w.desk.Reset(w.t.Context(), id, vm.Creation) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			server, other := w.secondCluster()
			m := w.deploy(modest(10_000))
			w.awaitIdle()
			w.db.Exec(t, "UPDATE tblhosting SET server = ? WHERE id = ?", server, m.ServiceID)
			must(t, again(w, m.ServiceID))
			w.await("guest of the service", patience, func() bool { return w.machine(m.ServiceID).Status != vm.Ready })
			is := w.awaitStatus(m.ServiceID, vm.Ready)
			if name == "redeploy" {
				w.checkMoved(is, server, other)
				return
			}
			if _, exists := w.sim.Guest(m.VMID); !exists || is.ServerID != w.server || is.VMID != m.VMID {
				t.Errorf("the guest exists: %t; the record says server %d, VM %d; want it left on server %d", exists, is.ServerID, is.VMID, w.server)
			}
		})
	}
}

func (w *world) checkMoved(m vm.Machine, server int64, sim *pvesim.Sim) {
	w.t.Helper()
	if left := w.guests(); len(left) != 0 {
		w.t.Errorf("the old cluster still holds %v", left)
	}
	if g, exists := sim.Guest(m.VMID); !exists || g.Name != m.Name || m.ServerID != server {
		w.t.Errorf("the new cluster holds %q, the record says server %d", g.Name, m.ServerID)
	}
	held, err := w.store.Held(w.t.Context(), m.ServiceID)
	if err != nil || len(held) == 0 || !netip.MustParsePrefix("198.51.100.0/24").Contains(held[0].Address) {
		w.t.Errorf("addresses %v (%v), want one of the new server's", held, err)
	}
}
