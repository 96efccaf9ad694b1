package records_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/records"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// speed is how many times faster than real time these worlds run.
const speed = 60

// world is a database with services, and one process's office over it.
type world struct {
	*testdb.DB
	store                   *store.DB
	book                    records.Book
	office                  *records.Office
	clock                   clock.Clock
	log                     *journal
	cloudflare              string // where Cloudflare's API is; never the real one
	client, product, server int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := testdb.New(t)
	w := &world{
		DB: db, store: db.Store(t), clock: clock.NewScaled(speed), log: new(journal), cloudflare: "http://127.0.0.1:1",
		client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}"), server: db.Server(t, "pve"),
	}
	box, err := seal.New([]byte("a key for these tests, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	w.book = records.NewBook(w.store, box)
	w.office = w.newOffice()
	return w
}

// newOffice is another command's: it has a keeper of its own.
func (w *world) newOffice() *records.Office {
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	k, shop := records.NewKeeper(w.book, w.clock, log)
	shop.CloudflareURL = w.cloudflare
	return &records.Office{Store: w.store, WHMCS: whmcs.New(w.SQL), Book: w.book, Keeper: k, Open: shop.Open, Clock: w.clock, By: "the operator"}
}

// machine makes a service whose machine is at ready and holds these addresses.
func (w *world) machine(t *testing.T, domain string, addresses ...string) int64 {
	t.Helper()
	id := w.Service(t, w.client, w.product, w.server)
	err := w.store.Open(t.Context(), vm.Order{ServiceID: id, ServerID: w.server, Name: domain, Domain: domain, Username: "ada", Password: "s3cret-and-long"})
	if err != nil {
		t.Fatal(err)
	}
	w.status(t, id, vm.Ready)
	for _, text := range addresses {
		a := netip.MustParseAddr(text)
		w.Exec(t, `INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at)
			VALUES (?, 'vmbr0', 0, ?, ?, 0, ?, '', '', UTC_TIMESTAMP(6))`, w.server, a.AsSlice(), id, a.BitLen()-8)
	}
	return id
}

func (w *world) status(t *testing.T, id int64, status any) {
	t.Helper()
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = ? WHERE service_id = ?", fmt.Sprint(status), id)
}

// release takes the addresses from a service.
func (w *world) release(t *testing.T, id int64) {
	t.Helper()
	w.Exec(t, "DELETE FROM kvmbridge_ip_allocations WHERE service_id = ?", id)
}

// zone saves a PowerDNS zone without looking at it.
func (w *world) zone(t *testing.T, name, server, key string) int64 {
	t.Helper()
	id, err := w.book.SaveDNSZone(t.Context(), zones.Zone{Name: name, Provider: "powerdns", TTL: 300, Fields: map[string]string{"server": server, "api_key": key}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// row is a row of the ledger.
func (w *world) row(t *testing.T, service, zone int64, typ dns.Type, name, value string, state dns.State) {
	t.Helper()
	due := "NULL"
	if state != dns.Live {
		due = "UTC_TIMESTAMP(6) + INTERVAL 1 DAY"
	}
	w.Exec(t, `INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, tried, due_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, 1, `+due+`, UTC_TIMESTAMP(6))`, service, zone, name, string(typ), value, string(state))
}

// ledger is every row, in the order in which they were made.
func (w *world) ledger(t *testing.T) string {
	t.Helper()
	return w.Text(t, `SELECT COALESCE(GROUP_CONCAT(service_id, ' ', zone_id, ' ', type, ' ', name, ' ', content, ' ', state, ' ', version, ' ', COALESCE(last_error, '')
		ORDER BY id SEPARATOR '\n'), '') FROM kvmbridge_dns_records`)
}

// result is what a command left behind.
type result struct {
	well bool
	out  string
	err  error
}

// do runs a command of a process of its own.
func (w *world) do(t *testing.T, o cli.RecordOptions) result {
	t.Helper()
	return w.doWithin(t.Context(), o)
}

func (w *world) doWithin(ctx context.Context, o cli.RecordOptions) result {
	var out bytes.Buffer
	well, err := w.newOffice().Do(ctx, o, &out)
	return result{well, out.String(), err}
}

// must be well.
func (w *world) must(t *testing.T, o cli.RecordOptions) string {
	t.Helper()
	r := w.do(t, o)
	if !r.well || r.err != nil {
		t.Fatalf("%s: well %t, %v\n%s", o.Deed, r.well, r.err, r.out)
	}
	return r.out
}

// refused must fail with a sentence that has all the words.
func (w *world) refused(t *testing.T, o cli.RecordOptions, words ...string) {
	t.Helper()
	r := w.do(t, o)
	if r.err == nil || r.well || r.out != "" {
		t.Errorf("%s %+v: well %t, %v, out %q; want a refusal", o.Deed, o, r.well, r.err, r.out)
		return
	}
	contains(t, string(o.Deed)+"'s refusal", r.err.Error(), words...)
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s lacks %q:\n%s", what, p, text)
		}
	}
}

// nameserver is a real PowerDNS.
func nameserver(t *testing.T, zoneNames ...string) *pdns.Server {
	t.Helper()
	s, err := pdns.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	for _, name := range zoneNames {
		if err := s.CreateZone(t.Context(), name, "Native"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// dig asks a name server and sorts what it answers.
func dig(t *testing.T, server, name string, typ uint16) []string {
	t.Helper()
	ask := new(mdns.Msg)
	ask.SetQuestion(mdns.Fqdn(name), typ)
	answer, _, err := new(mdns.Client).ExchangeContext(t.Context(), ask, server)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, rr := range answer.Answer {
		switch v := rr.(type) {
		case *mdns.A:
			values = append(values, v.A.String())
		case *mdns.AAAA:
			values = append(values, v.AAAA.String())
		case *mdns.PTR:
			values = append(values, v.Ptr)
		}
	}
	slices.Sort(values)
	return values
}

// journal keeps what was logged.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}
