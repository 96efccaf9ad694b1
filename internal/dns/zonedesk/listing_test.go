package zonedesk_test

import (
	"fmt"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

func TestList_findsSortsAndPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"c.example", "a.example", "2.0.192.in-addr.arpa"} {
		w.add(t, name)
	}
	w.Exec(t, `INSERT INTO puq_proxmox_kvm_dns_zones (zone, type, ttl, config) VALUES ('b.example', 'hestiacp', 300, '{"server":"https://panel.example.net:8083/","password":"s3cret"}')`)
	w.row(t, 7, 1, "vm-1.c.example", "192.0.2.10", "live", "")
	w.row(t, 7, 1, "vm-2.c.example", "192.0.2.11", "pending_create", "not today")
	w.row(t, 7, 99, "vm-3.gone.example", "192.0.2.12", "live", "")
	for _, c := range []struct {
		q     zonedesk.Query
		ids   string
		found int
	}{
		{zonedesk.Query{}, "[1 2 3 4]", 4},
		{zonedesk.Query{Down: true}, "[4 3 2 1]", 4},
		{zonedesk.Query{Sort: "zone"}, "[3 2 4 1]", 4},
		{zonedesk.Query{Sort: "zone", Down: true, Limit: 2}, "[1 4]", 4},
		{zonedesk.Query{Sort: "type"}, "[4 1 2 3]", 4},
		{zonedesk.Query{Sort: "no such column"}, "[1 2 3 4]", 4},
		{zonedesk.Query{Limit: 3, Offset: 3}, "[4]", 4},
		{zonedesk.Query{Limit: 3, Offset: 9}, "[]", 4},
		{zonedesk.Query{Limit: 3, Offset: -9}, "[1 2 3]", 4},
		{zonedesk.Query{Search: " EXAMPLE "}, "[1 2 4]", 3},
		{zonedesk.Query{Search: "hestia"}, "[4]", 1},
		{zonedesk.Query{Search: "panel.example.net"}, "[4]", 1},
		{zonedesk.Query{Search: "3"}, "[3 4]", 2}, // by its id, and by the port
		{zonedesk.Query{Search: "s3cret"}, "[]", 0},
		{zonedesk.Query{Search: key}, "[]", 0},
	} {
		l, err := w.desk.List(t.Context(), c.q)
		ids := []int64{}
		for _, z := range l.Rows {
			ids = append(ids, z.ID)
		}
		if quiet(t, l); err != nil || fmt.Sprint(ids) != c.ids || l.Found != c.found || l.All != 4 || l.Lost != 1 {
			t.Errorf("%+v: %v, found %d of %d, %d lost (%v); want %s, %d of 4, 1 lost", c.q, ids, l.Found, l.All, l.Lost, err, c.ids, c.found)
		}
	}
	l, err := w.desk.List(t.Context(), zonedesk.Query{Search: "c.example"})
	if want := (ledger.Count{Live: 1, Pending: 1, Failed: 1, Ours: 2}); err != nil || l.Rows[0].Count != want {
		t.Errorf("counts %+v (%v), want %+v", l.Rows, err, want)
	}
}

func TestPending_listsWhatIsNotRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z, other := w.add(t, "example.org"), w.add(t, "example.net")
	w.row(t, 1, z.ID, "right.example.org", "192.0.2.1", "live", "")
	w.row(t, 2, z.ID, "new.example.org", "192.0.2.2", "pending_create", "")
	w.row(t, 3, z.ID, "old.example.org", "192.0.2.3", "pending_delete", "no such zone")
	w.row(t, 45, z.ID, "unsure.example.org", "192.0.2.4", "live", "timed out")
	w.row(t, 45, other.ID, "new.example.net", "192.0.2.4", "pending_create", "")
	for _, c := range []struct {
		q     ledger.Question
		names string
		found int
	}{
		{ledger.Question{Limit: 10}, "[old.example.org unsure.example.org new.example.org]", 3},
		{ledger.Question{Limit: 2}, "[old.example.org unsure.example.org]", 3},
		{ledger.Question{Limit: 2, Offset: 2}, "[new.example.org]", 3},
		{ledger.Question{Limit: 10, Failed: true}, "[old.example.org unsure.example.org]", 2},
		{ledger.Question{Limit: 10, Search: "45"}, "[unsure.example.org]", 1},
		{ledger.Question{Limit: 10, Search: "NEW"}, "[new.example.org]", 1},
		{ledger.Question{Limit: 10, Search: "192.0.2.3"}, "[old.example.org]", 1},
		{ledger.Question{Limit: 10, Search: "%"}, "[]", 0},
	} {
		c.q.ZoneID = z.ID
		p, err := w.desk.Pending(t.Context(), c.q)
		names := []string{}
		for _, r := range p.Rows {
			names = append(names, r.Name)
		}
		want := ledger.Count{Live: 1, Pending: 3, Failed: 2, Ours: 4}
		if quiet(t, p); err != nil || fmt.Sprint(names) != c.names || p.Found != c.found || p.Count != want || p.Name != "example.org" {
			t.Errorf("%+v: %v, found %d, counts %+v (%v); want %s, %d", c.q, names, p.Found, p.Count, err, c.names, c.found)
		}
	}
	if _, err := w.desk.Pending(t.Context(), ledger.Question{ZoneID: 9, Limit: 1}); err == nil {
		t.Error("records of no zone are listed")
	}
}

// What is retried is due, and nothing else is.
func TestRetry_makesDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z, other := w.add(t, "example.org"), w.add(t, "example.net")
	for _, zone := range []int64{z.ID, other.ID} {
		w.row(t, 1, zone, "right", "192.0.2.1", "live", "")
		w.row(t, 1, zone, "lasting", "192.0.2.2", "pending_create", "refused")
		w.row(t, 1, zone, "doubtful", "192.0.2.3", "live", "timed out")
	}
	due := func(want string) {
		t.Helper()
		got := w.Text(t, "SELECT COALESCE(GROUP_CONCAT(id ORDER BY id), '') FROM kvmbridge_dns_records WHERE due_at <= UTC_TIMESTAMP(6)")
		if w.Exec(t, "UPDATE kvmbridge_dns_records SET due_at = NULL"); got != want {
			t.Errorf("due are %q, want %q", got, want)
		}
	}
	one := func(zone, id int64, want bool) {
		t.Helper()
		if got, err := w.desk.RetryRecord(t.Context(), zone, id); err != nil || got != want {
			t.Errorf("retry of record %d in zone %d: %t, %v", id, zone, got, err)
		}
	}
	one(z.ID, 2, true)
	due("2")
	one(z.ID, 3, true)
	due("3")
	one(z.ID, 1, false)    // it is right
	one(z.ID, 5, false)    // another zone's
	one(z.ID, 99, false)   // gone
	one(other.ID, 5, true) // its own
	if due("5"); w.woken.Load() < 4 {
		t.Error("nobody was woken")
	}
	if n, err := w.desk.RetryZone(t.Context(), z.ID); err != nil || n != 2 {
		t.Errorf("retry of a zone: %d, %v", n, err)
	}
	due("2,3")
	r, err := w.desk.Edit(t.Context(), to(other.ID, "", "api_key", "another"))
	if err != nil || r.Due != 2 {
		t.Errorf("an edit: %+v, %v", r, err)
	}
	due("5,6")
	for what, err := range map[string]error{"zone": second(w.desk.RetryZone(t.Context(), 9)), "record": second(w.desk.RetryRecord(t.Context(), 9, 2))} {
		if err == nil {
			t.Errorf("a %s of no zone was retried", what)
		}
	}
	due("")
}

func second[T any](_ T, err error) error { return err }

func TestTest_opensTheZoneWithItsSecretAndShowsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	z := w.add(t, "example.org")
	shown, findings, err := w.desk.Test(t.Context(), z.ID)
	if quiet(t, shown); err != nil || len(findings) != 1 || findings[0].Text != fmt.Sprint(len(key), " characters of a key") {
		t.Errorf("%+v, %v, %v", shown, findings, err)
	}
	w.Exec(t, `UPDATE puq_proxmox_kvm_dns_zones SET config = '{"server":"http://192.0.2.1:8081","api_key":"sealed:AQID"}'`)
	if _, findings, err = w.desk.Test(t.Context(), z.ID); err != nil || len(findings) != 1 || findings[0].Level != "failed" {
		t.Errorf("a zone whose secret cannot be read: %v, %v", findings, err)
	}
	if _, _, err = w.desk.Test(t.Context(), 9); err == nil {
		t.Error("no zone was tested")
	}
}
