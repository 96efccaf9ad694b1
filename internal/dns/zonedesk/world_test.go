package zonedesk_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

type book struct {
	*ledger.Ledger
	*zonebook.Book
}

// world is a database and a desk over it.
type world struct {
	*testdb.DB
	desk  *zonedesk.Desk
	woken *atomic.Int32
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := testdb.New(t)
	box, err := seal.New([]byte("a key for these tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	woken := new(atomic.Int32)
	return world{db, &zonedesk.Desk{
		Book: book{ledger.New(db.SQL, "a"), zonebook.New(db.SQL, box)}, Clock: clock.System{}, Wake: func() { woken.Add(1) },
		Open: func(z zones.Zone) (dns.Provider, error) { return nearby{z}, nil },
	}, woken}
}

// nearby is a provider that says what it was opened with.
type nearby struct{ zone zones.Zone }

func (nearby) Apply(context.Context, []dns.Change) []dns.Result { return nil }

func (n nearby) Test(context.Context) []dns.Finding {
	return []dns.Finding{{Step: "reachable", Level: dns.OK, Text: fmt.Sprint(len(n.zone.Fields["api_key"]), " characters of a key")}}
}

const (
	admin = "admin 3"
	key   = "k-s3cret"
	home  = "http://192.0.2.1:8081"
)

func power(name, server, secret string) zones.Zone {
	return zones.Zone{Name: name, Provider: "powerdns", TTL: 300, Fields: map[string]string{"server": server, "api_key": secret}}
}

// add saves a PowerDNS zone.
func (w world) add(t *testing.T, name string) zones.Zone {
	t.Helper()
	z, err := w.desk.Add(t.Context(), admin, power(name, home, key))
	if err != nil {
		t.Fatal(err)
	}
	return w.zone(t, z.ID)
}

func (w world) zone(t *testing.T, id int64) zones.Zone {
	t.Helper()
	z, err := w.desk.Zone(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// to is an edit that changes one field; the empty revision means whatever is saved.
func to(id int64, revision, field, value string) zonedesk.Edit {
	return zonedesk.Edit{ID: id, Revision: revision, By: admin, Fill: func(z zones.Zone) zones.Zone {
		z.Fields[field] = value
		return z
	}}
}

// row is a row of the ledger; an error makes it a failed one that nobody tries again.
func (w world) row(t *testing.T, service, zone int64, name, value, state, lastError string) {
	t.Helper()
	w.Exec(t, `INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, tried, attempts, last_error, changed_at)
		VALUES (?, ?, ?, 'A', ?, ?, 1, 2, NULLIF(?, ''), UTC_TIMESTAMP(6))`, service, zone, name, value, state, lastError)
}

// entries are the lines for the activity log since the last look.
func (w world) entries(t *testing.T) string {
	t.Helper()
	text := w.Text(t, "SELECT COALESCE(GROUP_CONCAT(subject ORDER BY id SEPARATOR '\n'), '') FROM kvmbridge_outbox WHERE kind = 'activity' AND service_id = 0")
	w.Exec(t, "DELETE FROM kvmbridge_outbox")
	return text
}

func (w world) logged(t *testing.T, want string) {
	t.Helper()
	if got := w.entries(t); got != want {
		t.Errorf("the activity log has\n%s\nwant\n%s", got, want)
	}
}

// quiet fails when any of what was returned shows a secret.
func quiet(t *testing.T, what ...any) {
	t.Helper()
	for _, w := range what {
		if strings.Contains(fmt.Sprintf("%+v %v", w, w), "s3cret") {
			t.Errorf("a secret shows in %+v", w)
		}
	}
}
