package pools_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

const admin = 7

// world is a server with the book of pools and the allocator, as one sidecar has them.
type world struct {
	*testdb.DB
	store           *store.DB
	book            *pools.Book
	server          int64
	client, product int64
}

func newWorld(t *testing.T, opts ...testdb.Option) world {
	t.Helper()
	db := testdb.New(t, opts...)
	w := world{DB: db, store: db.Store(t), server: db.Server(t, "pve"), client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}")}
	w.book = pools.New(w.store.Handle(), clock.System{}, w.store.Freed)
	return w
}

// service adds a service whose machine is to be built.
func (w world) service(t *testing.T) int64 {
	t.Helper()
	id := w.Service(t, w.client, w.product, w.server)
	if err := w.store.Open(t.Context(), vm.Order{ServiceID: id, ServerID: w.server, Name: "vm-" + text(id), Username: "ada", Password: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w world) lease(t *testing.T, d *store.DB, service int64, n int) []ippool.Lease {
	t.Helper()
	list, err := d.Lease(t.Context(), w.want(service, n))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (w world) want(service int64, n int) ippool.Want {
	return ippool.Want{ServiceID: service, ServerID: w.server, IPv4: n, Bridge: "vmbr0"}
}

// form is a pool on vmbr0 without VLAN.
func (w world) form(start, stop string) ippool.Form {
	return ippool.Form{Server: text(w.server), Type: "IPv4", Bridge: "vmbr0", VLAN: "0", Gateway: "10.0.0.1", Mask: "24", DNS1: "9.9.9.9", Start: start, Stop: stop}
}

func (w world) add(t *testing.T, f ippool.Form) int64 {
	t.Helper()
	id, err := w.book.Add(t.Context(), admin, f)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (w world) pool(t *testing.T, id int64) pools.Pool {
	t.Helper()
	p, err := w.book.Pool(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// entries are what the activity log gets, in order.
func (w world) entries(t *testing.T) []string {
	t.Helper()
	var list []string
	err := w.SQL.SelectContext(t.Context(), &list, "SELECT subject FROM kvmbridge_outbox WHERE kind = 'activity' ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (w world) lastEntry(t *testing.T, parts ...string) {
	t.Helper()
	list := w.entries(t)
	if len(list) == 0 {
		t.Errorf("no entry in the activity log, want one with %q", parts)
		return
	}
	for _, part := range append(parts, "admin 7 ") {
		if last := list[len(list)-1]; !strings.Contains(last, part) {
			t.Errorf("the activity log got %q, want %q in it", last, part)
		}
	}
}

func text(id int64) string { return strconv.FormatInt(id, 10) }
