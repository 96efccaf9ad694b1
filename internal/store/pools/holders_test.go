package pools_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/store/pools"
)

func TestAddresses_tellWhoHasThemSinceWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	service := w.service(t)
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = 'web <b>' WHERE service_id = ?", service)
	w.lease(t, w.store, service, 1)
	w.Exec(t, "UPDATE kvmbridge_ip_allocations SET allocated_at = '2031-04-05 06:07:08'")
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.10", "later"))
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.15", "spam 100%"))
	page, err := w.book.Addresses(t.Context(), id, pools.Filter{})
	if err != nil || page.Total != 2 || page.All != 2 || len(page.Rows) != 2 {
		t.Fatalf("%+v, %v", page, err)
	}
	held, kept := page.Rows[0], page.Rows[1]
	if held.Kind != pools.Leased || held.ServiceID != service || held.ClientID != w.client || held.Name != "web <b>" || held.Since.UTC().Format("2006-01-02 15:04") != "2031-04-05 06:07" || held.Note != "later" || held.NotedBy != admin {
		t.Errorf("held: %+v", held)
	}
	if kept.Kind != pools.Kept || kept.ServiceID != 0 || kept.Note != "spam 100%" || kept.NotedBy != admin || kept.Since.IsZero() {
		t.Errorf("kept back: %+v", kept)
	}
	if _, err := w.book.Addresses(t.Context(), 999, pools.Filter{}); !errors.Is(err, pools.ErrNoPool) {
		t.Errorf("of no pool: %v", err)
	}
}

func TestAddresses_pagesAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.form("10.0.0.1", "10.0.0.200")
	id := w.add(t, f)
	services := map[int]int64{}
	for i := range 5 {
		services[i] = w.service(t)
		w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = ? WHERE service_id = ?", fmt.Sprintf("Web%d_%%", i), services[i])
		w.lease(t, w.store, services[i], 20)
	}
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.150", "Spam 100%"))
	for name, c := range map[string]struct {
		f     pools.Filter
		total int
		first string
		rows  int
	}{
		"first page":   {pools.Filter{}, 102, "10.0.0.1", 50},
		"last page":    {pools.Filter{Offset: 100, Limit: 25}, 102, "10.0.0.101", 2},
		"behind it":    {pools.Filter{Offset: 1000}, 102, "", 0},
		"before it":    {pools.Filter{Offset: -5, Limit: 1}, 102, "10.0.0.1", 1},
		"by VM":        {pools.Filter{Text: "web2_%"}, 20, "10.0.0.42", 20},
		"by wildcard":  {pools.Filter{Text: "web_"}, 0, "", 0},
		"by service":   {pools.Filter{Text: text(services[1])}, 0, "", 0}, // see below: the number may be part of an address
		"by address":   {pools.Filter{Text: "10.0.0.150"}, 1, "10.0.0.150", 1},
		"by note":      {pools.Filter{Text: "SPAM 100%"}, 1, "10.0.0.150", 1},
		"by kind":      {pools.Filter{Kind: pools.Gateway}, 1, "10.0.0.1", 1},
		"by both":      {pools.Filter{Kind: pools.Leased, Text: "10.0.0.15"}, 1, "10.0.0.15", 1},
		"by no kind":   {pools.Filter{Kind: "other"}, 0, "", 0},
		"by odd texts": {pools.Filter{Text: "💥'\"\\"}, 0, "", 0},
	} {
		page, err := w.book.Addresses(t.Context(), id, c.f)
		if name == "by service" {
			found := 0
			for _, a := range page.Rows {
				if a.ServiceID == services[1] {
					found++
				}
			}
			if found != 20 {
				t.Errorf("%s: %d of its 20 addresses", name, found)
			}
			continue
		}
		first := ""
		if len(page.Rows) > 0 {
			first = page.Rows[0].Address.String()
		}
		if err != nil || page.Total != c.total || len(page.Rows) != c.rows || first != c.first || page.All != 102 {
			t.Errorf("%s: %d of %d from %s on %d rows, %v; want %d from %s on %d", name, page.Total, page.All, first, len(page.Rows), err, c.total, c.first, c.rows)
		}
	}
}

// Names and notes may stand in columns that know fewer letters than people do.
func TestAddresses_searchesOldTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_vm_info MODIFY vm_name VARCHAR(100) CHARACTER SET latin1 NOT NULL DEFAULT ''")
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	service := w.service(t)
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = 'Müller' WHERE service_id = ?", service)
	w.lease(t, w.store, service, 1)
	for search, want := range map[string]int{"müll": 1, "💥": 0, "ж": 0} {
		page, err := w.book.Addresses(t.Context(), id, pools.Filter{Text: search})
		if err != nil || page.Total != want {
			t.Errorf("%s: %d, %v; want %d", search, page.Total, err, want)
		}
	}
	if !strings.Contains(w.used(t, id), "leased") {
		t.Error("nothing is held")
	}
}
