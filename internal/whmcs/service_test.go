package whmcs_test

import (
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

func TestBilled_servicesAtServersOfOurs(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	client, product := db.Client(t, "Ada", "Byron"), db.Product(t, "{}")
	ours, foreign := db.Server(t, "pve"), db.Server(t, "shared hosting")
	db.Exec(t, "UPDATE tblservers SET type = 'cpanel' WHERE id = ?", foreign)
	var want []whmcs.Service
	for _, status := range []string{"Pending", "Active", "Suspended", "Terminated", "Cancelled", "Fraud"} {
		id := db.Service(t, client, product, ours)
		db.Exec(t, "UPDATE tblhosting SET domainstatus = ?, domain = 'a&amp;b.example' WHERE id = ?", status, id)
		if status == "Active" || status == "Suspended" {
			want = append(want, whmcs.Service{ID: id, ServerID: ours, Status: status, Domain: "a&b.example"})
		}
	}
	db.Service(t, client, product, foreign)
	got, err := whmcs.New(db.SQL).Billed(t.Context())
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Billed = %+v, %v; want %+v", got, err, want)
	}
}
