package roster_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/store"
	rows "github.com/kvmbridge/kvmbridge/internal/store/roster"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

// world is a database with services of every kind.
type world struct {
	*testdb.DB
	list *roster.List
	ids  map[string]int64
}

const six = "2001:0db8:0000:0000:0000:0000:0000:00ab"

func newWorld(t *testing.T, opts ...testdb.Option) world {
	t.Helper()
	db := testdb.New(t, opts...)
	w := world{DB: db, ids: map[string]int64{}}
	ada, zoe := db.Client(t, "Ada", "Byron"), db.Client(t, "Zoë", "Quill")
	db.Exec(t, "UPDATE tblclients SET companyname = 'M&uuml;ller &amp; S&ouml;hne' WHERE id = ?", ada)
	ours, theirs := db.Product(t, "{}"), db.Product(t, "{}")
	db.Exec(t, "UPDATE tblproducts SET name = 'VPS &lt;small&gt;' WHERE id = ?", ours)
	db.Exec(t, "UPDATE tblproducts SET name = 'Web space', servertype = 'cpanel' WHERE id = ?", theirs)
	server := db.Server(t, "Frankfurt &amp; Main")
	add := func(name string, client, product int64, status, dedicated, assigned string) {
		id := db.Service(t, client, product, server)
		db.Exec(t, "UPDATE tblhosting SET domainstatus = ?, dedicatedip = ?, assignedips = ? WHERE id = ?", status, dedicated, assigned, id)
		w.ids[name] = id
	}
	record := func(name string, vmid any, vm, status, names string) {
		db.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns) VALUES (?, ?, ?, ?, ?)", w.ids[name], vmid, vm, status, names)
	}
	add("ready", ada, ours, "Active", "203.0.113.9", "198.51.100.7\r\n"+six)
	record("ready", 4711, "vps-1", "ready", `{"203.0.113.9":"mail.example.org","`+six+`":"six.example.org"}`)
	add("pending", zoe, ours, "Pending", "", "")
	add("foreign", zoe, theirs, "Active", "203.0.113.200", "")
	add("moved", zoe, theirs, "Active", "203.0.113.201", "")
	record("moved", 4712, "moved", "creation", "")
	add("lost client", 99999, ours, "Fraud", "", "")
	record("lost client", nil, "", "remove", "broken")
	w.ids["gone"] = 77777
	record("gone", 4713, "left-over", "error_terminate", `{"192.0.2.77":"left.example.org","192.0.2.8":"also.example.org"}`)
	db.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, attention, attention_at, created_at) VALUES (?, ?, 'Look at it.', '2026-01-01', '2026-01-01')", w.ids["gone"], server)
	w.list = roster.NewList(rows.New(lean(t, db).Handle()), clock.System{}, slog.New(slog.DiscardHandler))
	return w
}

// lean is a store whose account may do only what Grants prints.
func lean(t *testing.T, db *testdb.DB) *store.DB {
	t.Helper()
	name := "r" + db.Name[len(db.Name)-12:]
	user := "'" + name + "'@'%'"
	db.Exec(t, "CREATE USER "+user+" IDENTIFIED BY 'secret'")
	t.Cleanup(func() { _, _ = db.SQL.ExecContext(context.Background(), "DROP USER "+user) })
	for _, g := range store.Grants(db.Name, user) {
		db.Exec(t, g)
	}
	return db.Store(t, func(c *store.Config) { c.User, c.Password = name, "secret" })
}

func (w world) page(t *testing.T, q roster.Query) roster.Page {
	t.Helper()
	p, err := w.list.Page(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// names are the services that q finds, as newWorld calls them.
func (w world) names(t *testing.T, q roster.Query) []string {
	t.Helper()
	q.Size = 100
	var list []string
	for _, m := range w.page(t, q).Machines {
		for name, id := range w.ids {
			if id == m.ServiceID {
				list = append(list, name)
			}
		}
	}
	return list
}

func addr(text, reverse string) roster.Address {
	return roster.Address{Addr: netip.MustParseAddr(text), Reverse: reverse}
}

func TestList_showsEveryServiceOfOursAndEveryRecord(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]testdb.Option{"utf8mb4": nil, "latin1": {testdb.Latin1()}, "utf8mb3": {testdb.UTF8MB3()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts...)
			want := []roster.Machine{
				{
					ServiceStatus: "Active", Client: roster.Client{Name: "Ada Byron", Company: "Müller & Söhne"}, Product: "VPS <small>", Server: "Frankfurt & Main",
					Recorded: true, VMID: 4711, Name: "vps-1", Status: "ready",
					Addresses: []roster.Address{addr("203.0.113.9", "mail.example.org"), addr("198.51.100.7", ""), addr("2001:db8::ab", "six.example.org")},
				},
				{ServiceStatus: "Pending", Client: roster.Client{Name: "Zoë Quill"}, Product: "VPS <small>", Server: "Frankfurt & Main"},
				{
					ServiceStatus: "Active", Client: roster.Client{Name: "Zoë Quill"}, Product: "Web space", Server: "Frankfurt & Main",
					Recorded: true, VMID: 4712, Name: "moved", Status: "creation", Addresses: []roster.Address{addr("203.0.113.201", "")},
				},
				{ServiceStatus: "Fraud", Product: "VPS <small>", Server: "Frankfurt & Main", Recorded: true, Status: "remove"},
				{
					Gone: true, Server: "Frankfurt & Main", Recorded: true, VMID: 4713, Name: "left-over", Status: "error_terminate", Attention: "Look at it.",
					Addresses: []roster.Address{addr("192.0.2.8", "also.example.org"), addr("192.0.2.77", "left.example.org")},
				},
			}
			same := cmp.Options{cmpopts.IgnoreFields(roster.Machine{}, "ServiceID"), cmpopts.IgnoreFields(roster.Client{}, "ID"), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })}
			if d := cmp.Diff(want, w.page(t, roster.Query{}).Machines, same); d != "" {
				t.Errorf("the list (-want +got):\n%s", d)
			}
		})
	}
}

func TestList_findsSortsAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		q    roster.Query
		want []string
	}{
		{roster.Query{Search: "müller"}, []string{"ready"}},
		{roster.Query{Search: "ZOË"}, []string{"pending", "moved"}},
		{roster.Query{Search: "<small>"}, []string{"ready", "pending", "lost client"}},
		{roster.Query{Search: "& Main", Status: "error_terminate"}, []string{"gone"}},
		{roster.Query{Search: "2001:DB8::AB"}, []string{"ready"}},
		{roster.Query{Search: "six.EXAMPLE"}, []string{"ready"}},
		{roster.Query{Search: "192.0.2.77"}, []string{"gone"}},
		{roster.Query{Search: "203.0.113.200"}, nil},
		{roster.Query{Search: "4712"}, []string{"moved"}},
		{roster.Query{ServiceStatus: "Active"}, []string{"ready", "moved"}},
		{roster.Query{ServiceStatus: "Active", Status: "ready"}, []string{"ready"}},
		{roster.Query{Sort: roster.ByClient, Descending: true}, []string{"moved", "pending", "ready", "gone", "lost client"}},
		{roster.Query{Sort: roster.ByAttention, Descending: true}, []string{"gone", "lost client", "moved", "pending", "ready"}},
	} {
		if d := cmp.Diff(c.want, w.names(t, c.q)); d != "" {
			t.Errorf("%+v (-want +got):\n%s", c.q, d)
		}
	}
}

// What is shown is of this moment although which rows there are was read before.
func TestList_showsRowsAsTheyAreNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := frozen{rows.New(w.Store(t).Handle()), nil}
	var err error
	if source.index, err = source.Rows.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.list = roster.NewList(source, clock.System{}, slog.New(slog.DiscardHandler))
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'terminate' WHERE service_id = ?", w.ids["ready"])
	w.Exec(t, "DELETE FROM puqProxmoxKVM_vm_info WHERE service_id = ?", w.ids["gone"])
	w.Exec(t, "DELETE FROM tblhosting WHERE id = ?", w.ids["moved"])
	p := w.page(t, roster.Query{})
	var got []string
	for _, m := range p.Machines {
		got = append(got, fmt.Sprintf("%s gone=%t", m.Status, m.Gone))
	}
	if d := cmp.Diff([]string{"terminate gone=false", " gone=false", "creation gone=true", "remove gone=false"}, got); d != "" || p.Matching != 5 {
		t.Errorf("%d matching (-want +got):\n%s", p.Matching, d)
	}
}

// frozen has an index of the past.
type frozen struct {
	*rows.Rows
	index *roster.Index
}

func (f frozen) Index(context.Context) (*roster.Index, error) { return f.index, nil }

// A record may be there twice where the table is not ours.
func TestList_countsARecordThatIsThereTwiceOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_vm_info DROP PRIMARY KEY, MODIFY vm_id VARCHAR(20)")
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, 'none', 'remove'), (?, '', 'remove')", w.ids["ready"], w.ids["gone"])
	p := w.page(t, roster.Query{})
	if p.Matching != 5 || len(p.Machines) != 5 || !slices.ContainsFunc(p.Machines, func(m roster.Machine) bool { return m.Gone }) {
		t.Errorf("%d matching, %d shown, want 5 of each", p.Matching, len(p.Machines))
	}
}

func TestList_looksUpManyRecordsWithoutAService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const orphans = 2500
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (100000, 'remove')"+strings.Repeat(", (?, 'remove')", orphans-1), numbers(100001, orphans-1)...)
	p := w.page(t, roster.Query{Status: "remove"})
	if p.All != orphans+5 || p.Matching != orphans+1 {
		t.Errorf("%d in the list, %d of them removed", p.All, p.Matching)
	}
	if p = w.page(t, roster.Query{Search: "#100001"}); len(p.Machines) != 1 || !p.Machines[0].Gone {
		t.Errorf("machines %+v", p.Machines)
	}
}

func numbers(from, n int) (list []any) {
	for i := range n {
		list = append(list, from+i)
	}
	return list
}

func TestMachines_ofASelectionKeepItsOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := w.list.Machines(t.Context(), []int64{w.ids["gone"], 424242, w.ids["ready"]})
	if err != nil || len(got) != 2 || got[0].ServiceID != w.ids["gone"] || got[1].ServiceID != w.ids["ready"] {
		t.Errorf("machines %+v, %v", got, err)
	}
}
