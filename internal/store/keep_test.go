package store_test

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func TestLease_keepsWhatTheServiceAlreadyShows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, dedicated, assigned, want string }{
		{"one of the pool", "10.0.0.7", "", "10.0.0.7 10.0.0.2"},
		{"in WHMCS's order, foreign ones apart", "192.0.2.1", "10.0.0.8\n10.0.0.5", "10.0.0.8 10.0.0.5"},
		{"more than wanted", "10.0.0.6", "10.0.0.5\n10.0.0.4", "10.0.0.6 10.0.0.5"},
		{"the gateway", "10.0.0.1", "", "10.0.0.2 10.0.0.3"},
		{"what another live service shows", "10.0.0.9", "10.0.0.6", "10.0.0.6 10.0.0.2"},
		{"what another service holds", "10.0.0.4", "10.0.0.5", "10.0.0.5 10.0.0.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, d := opened(t, testdb.Latin1())
			w.Pool(t, w.pool("10.0.0.1", "10.0.0.9", "10.0.0.1", 24))
			other := w.Service(t, w.client, w.product, w.server)
			w.Exec(t, "UPDATE tblhosting SET dedicatedip = '10.0.0.9' WHERE id = ?", other)
			if c.name == "what another service holds" {
				w.Exec(t, `INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at)
					VALUES (?, 'vmbr0', 0, ?, ?, 1, 24, '', '', UTC_TIMESTAMP())`, w.server, addr("10.0.0.4").AsSlice(), other)
			}
			w.Exec(t, "UPDATE tblhosting SET dedicatedip = ?, assignedips = ? WHERE id = ?", c.dedicated, c.assigned, w.service)
			w.Exec(t, `UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = '{"10.0.0.7":"mine.example.org"}' WHERE service_id = ?`, w.service)
			got, err := d.Lease(t.Context(), w.want(2, 0))
			if err != nil || texts(got) != c.want {
				t.Errorf("Lease = %s, %v; want %s", texts(got), err, c.want)
			}
			if m, err := d.Find(t.Context(), w.service); err != nil || m.RevDNS["10.0.0.7"] != "mine.example.org" {
				t.Errorf("reverse names = %v, %v; want the client's own kept", m.RevDNS, err)
			}
		})
	}
}
