package whmcs_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

func kinds() map[string][]testdb.Option {
	return map[string][]testdb.Option{"utf8mb4": nil, "latin1": {testdb.Latin1()}, "utf8mb3": {testdb.UTF8MB3()}}
}

func TestFacts_readsAServiceInEveryCharacterSet(t *testing.T) {
	t.Parallel()
	for name, opts := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t, opts...)
			q := whmcs.New(db.SQL)
			server := db.Server(t, "pve")
			client := db.Client(t, "Ada", "Byron")
			product := db.Product(t, "{&quot;template&quot;:9000}")
			db.Exec(t, "UPDATE tblproducts SET configoption4 = '9001|Debian 12' WHERE id = ?", product)
			id := db.Service(t, client, product, server)
			db.Exec(t, "UPDATE tblhosting SET domain = 'b&uuml;ro.example.com', username = 'ada' WHERE id = ?", id)
			db.Option(t, id, "CPU Cores|Processor", "4|Four &amp; more")
			db.OptionOfType(t, id, "R&amp;D|x", 2, "é|y", 7)
			db.OptionOfType(t, id, "Yes", 3, "ignored", 1)
			db.OptionOfType(t, id, "RAM", 4, "ignored", 12)
			db.Exec(t, "INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES (?, 99999, 99999, 3)", id)
			nothing := db.Exec(t, "INSERT INTO tblproductconfigoptions (gid, optionname, optiontype) VALUES (1, 'Nothing chosen', '1')")
			db.Exec(t, "INSERT INTO tblhostingconfigoptions (relid, configid, optionid) VALUES (?, ?, 0)", id, nothing)
			got, err := q.Facts(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			want := spec.Facts{
				ServiceID: id, ClientID: client, ProductID: product, ServerID: server, Status: "Active",
				Domain: "büro.example.com", Username: "ada", Settings: `{"template":9000}`, LegacyTemplate: "9001",
			}
			options := map[string]string{"CPU Cores": "4", "R&D": "é", "Yes": "1", "RAM": "12"}
			if !maps.Equal(got.Options, options) {
				t.Errorf("options = %v, want %v", got.Options, options)
			}
			got.Options = nil
			if got.ServiceID != want.ServiceID || got.Settings != want.Settings || got.Domain != want.Domain || got.LegacyTemplate != want.LegacyTemplate ||
				got.ClientID != want.ClientID || got.ProductID != want.ProductID || got.ServerID != want.ServerID || got.Status != want.Status || got.Username != want.Username {
				t.Errorf("facts = %+v, want %+v", got, want)
			}
		})
	}
}

func TestFacts_ofNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	q := whmcs.New(db.SQL)
	if _, err := q.Facts(t.Context(), 4711); !errors.Is(err, vm.ErrNoService) {
		t.Errorf("facts of a missing service: %v, want ErrNoService", err)
	}
	id := db.Service(t, 1, 4711, 0) // the product is gone
	got, err := q.Facts(t.Context(), id)
	if err != nil || got.Settings != "" || got.LegacyTemplate != "" || got.ServerID != 0 {
		t.Errorf("facts without product = %+v, %v", got, err)
	}
}
