package store_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// world is one ordered service.
type world struct {
	*testdb.DB
	server, product, client, service int64
}

func newWorld(t *testing.T, opts ...testdb.Option) world {
	t.Helper()
	db := testdb.New(t, opts...)
	w := world{DB: db, server: db.Server(t, "pve"), client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}")}
	w.service = db.Service(t, w.client, w.product, w.server)
	return w
}

func (w world) order() vm.Order {
	return vm.Order{
		ServiceID: w.service, ServerID: w.server, Name: "vm-1", Domain: "vm-1.example.com", Username: "ada", Password: "s3cret é",
	}
}

// opened is a world whose order is written down.
func opened(t *testing.T, opts ...testdb.Option) (world, *store.DB) {
	t.Helper()
	w := newWorld(t, opts...)
	d := w.Store(t)
	if err := d.Open(t.Context(), w.order()); err != nil {
		t.Fatal(err)
	}
	return w, d
}

// more adds n services with records at creation, in few statements, and returns their ids.
func (w world) more(t *testing.T, n int) []int64 {
	t.Helper()
	first := w.Service(t, w.client, w.product, w.server) + 1
	var ids []int64
	for begin := range n / 1000 {
		var services, records, work []string
		for i := range 1000 {
			id := first + int64(begin*1000+i)
			ids = append(ids, id)
			services = append(services, fmt.Sprintf("(%d, %d, %d, %d, 'vm-%d.example.com', '', '', 'Active', '', '', '', '', '', '', '', '')", id, w.client, w.product, w.server, id))
			records = append(records, fmt.Sprintf("(%d, 'creation')", id))
			work = append(work, fmt.Sprintf("(%d, %d, UTC_TIMESTAMP(6))", id, w.server))
		}
		w.Exec(t, `INSERT INTO tblhosting (id, userid, packageid, server, domain, paymentmethod, billingcycle, domainstatus, username, password, notes,
			suspendreason, dedicatedip, assignedips, ns1, ns2) VALUES `+strings.Join(services, ", "))
		w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES "+strings.Join(records, ", "))
		w.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at) VALUES "+strings.Join(work, ", "))
	}
	return ids
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// pool is a pool on vmbr0 without VLAN.
func (w world) pool(first, last, gateway string, bits int) ippool.Pool {
	return ippool.Pool{
		ServerID: w.server, First: addr(first), Last: addr(last),
		Network: ippool.Network{Bridge: "vmbr0", Bits: bits, Gateway: addr(gateway), DNS: []netip.Addr{addr("9.9.9.9"), addr("1.1.1.1")}},
	}
}

func (w world) want(v4, v6 int) ippool.Want {
	return ippool.Want{ServiceID: w.service, ServerID: w.server, IPv4: v4, IPv6: v6, Bridge: "vmbr0"}
}

// texts are the addresses as people write them.
func texts(leases []ippool.Lease) string {
	var list []string
	for _, l := range leases {
		list = append(list, l.Address.String())
	}
	return strings.Join(list, " ")
}

// lease claims the world's machine and begins a deploy.
func claim(t *testing.T, d *store.DB, id int64, now time.Time) (pipeline.Lease, *vm.Machine, pipeline.Run) {
	t.Helper()
	l, m, err := d.Claim(t.Context(), id, now)
	if err != nil {
		t.Fatalf("Claim: %v", err)
	}
	run, err := d.Begin(t.Context(), l, "deploy", m.Status, now)
	if err != nil {
		t.Fatalf("Begin: %v", err)
	}
	return l, m, run
}

func entry(n int, from, to pipeline.State, at time.Time) pipeline.Entry {
	return pipeline.Entry{N: n, Label: "Step " + string(to), From: from, To: to, Result: "success", Started: at, Took: 110 * time.Millisecond}
}

func failure(n int, at pipeline.State, text string, when time.Time) pipeline.Entry {
	return pipeline.Entry{N: n, Label: "Step", From: at, To: at, Result: text, Started: when, Took: 110 * time.Millisecond}
}

// moment is when tests happen: the database's clock must not matter.
func moment() time.Time { return time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC) }

// stopped is a clock that tests turn by hand.
type stopped struct{ now time.Time }

func (c *stopped) Now() time.Time { return c.now }

func (c *stopped) After(time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	ch <- c.now
	return ch
}

func withClock(c *stopped) func(*store.Config) {
	return func(cfg *store.Config) { cfg.Clock = c }
}
