package whmcs_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

func TestBilled_servicesAtServersOfOurs(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	client, product := db.Client(t, "Ada", "Byron"), db.Product(t, "{}")
	ours, foreign := db.Server(t, "pve"), db.Server(t, "shared hosting")
	db.Exec(t, "UPDATE tblservers SET type = 'cpanel' WHERE id = ?", foreign)
	shown := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	var want []whmcs.Service
	for _, status := range []string{"Pending", "Active", "Suspended", "Terminated", "Cancelled", "Fraud"} {
		id := db.Service(t, client, product, ours)
		db.Exec(t, "UPDATE tblhosting SET domainstatus = ?, domain = 'a&amp;b.example', dedicatedip = '192.0.2.1', assignedips = '2001:db8::1\n' WHERE id = ?", status, id)
		if status == "Active" || status == "Suspended" {
			want = append(want, whmcs.Service{ID: id, ServerID: ours, Status: status, Domain: "a&b.example", Addresses: shown})
		}
	}
	db.Service(t, client, product, foreign)
	got, err := whmcs.New(db.SQL).Billed(t.Context())
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); err != nil || d != "" {
		t.Errorf("Billed: %v (-want +got):\n%s", err, d)
	}
}
