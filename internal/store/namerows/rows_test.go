package namerows_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/namelist"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/namerows"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

var _ namelist.Source = (*namerows.Rows)(nil)

// world is a database with services.
type world struct {
	*testdb.DB
	client, product, server int64
}

func newWorld(t *testing.T, opts ...testdb.Option) world {
	t.Helper()
	db := testdb.New(t, opts...)
	return world{db, db.Client(t, "Ada", "Byron"), db.Product(t, "{}"), db.Server(t, "pve")}
}

// machine adds a service with its record.
func (w world) machine(t *testing.T, domain, status string, names any) int64 {
	t.Helper()
	id := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "UPDATE tblhosting SET domain = ? WHERE id = ?", domain, id)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status, vm_rev_dns) VALUES (?, ?, ?)", id, status, names)
	return id
}

// asked is the list as a poller gets it.
func (w world) asked(t *testing.T, db *store.DB) string {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	w.Exec(t, "INSERT INTO tbladdonmodules (module, setting, value) VALUES ('puq_proxmox_kvm', 'dns_addresses', '192.0.2.1')")
	c := namelist.NewCounter(namelist.NewList(namerows.New(db.Handle()), clock.System{}, log), whmcs.New(db.Handle()), clock.System{}, log)
	a, err := c.Ask(t.Context(), bridge.NameListArgs{Address: "192.0.2.1", Method: http.MethodGet})
	if err != nil || a.Copy == nil {
		t.Fatalf("answer %+v, %v", a, err)
	}
	var out strings.Builder
	if err := a.Copy(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestList_holdsEveryLivingMachine(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]testdb.Option{"utf8mb4": nil, "latin1": {testdb.Latin1()}, "utf8mb3": {testdb.UTF8MB3()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, opts...)
			w.machine(t, "vm-9.example.net", "ready", `{"203.0.113.9":"mail.example.org","2001:0db8:0000:0000:0000:0000:0000:0009":"vm-9.example.net"}`)
			w.machine(t, "gone.example.net", "remove", `{"203.0.113.1":"gone.example.org"}`)
			w.machine(t, "none.example.net", "", `{"203.0.113.2":"none.example.org"}`)
			w.machine(t, "null.example.net", "creation", nil)
			w.machine(t, "junk.example.net", "ready", "not JSON")
			w.machine(t, "odd.example.net", "error_terminate", `{"203.0.113.3":17,"203.0.113.4":{"a":"b"},"203.0.113.5":"odd.example.org"}`)
			w.machine(t, "huge.example.net", "ready", `{"203.0.113.6":"`+strings.Repeat("x", 2<<20)+`"}`)
			w.machine(t, "b&uuml;ro.example.net", "set_ip", `{"203.0.113.7":"b&uuml;ro.example.org","203.0.113.8":"büro.example.org"}`)
			w.Exec(t, `INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status, vm_rev_dns) VALUES (99999, 'ready', '{"203.0.113.10":"orphan.example.org"}')`)
			want := `[{"forward":"vm-9.example.net","ip":"203.0.113.9","reverse":"mail.example.org"},` +
				`{"forward":"vm-9.example.net","ip":"2001:0db8:0000:0000:0000:0000:0000:0009","reverse":"vm-9.example.net"},` +
				`{"forward":"odd.example.net","ip":"203.0.113.5","reverse":"odd.example.org"},` +
				`{"forward":"b\u00fcro.example.net","ip":"203.0.113.8","reverse":"b\u00fcro.example.org"}]`
			if d := cmp.Diff(want, w.asked(t, w.Store(t))); d != "" {
				t.Errorf("list (-want +got):\n%s", d)
			}
		})
	}
}

// lean is a store whose account may do only what Grants prints.
func (w world) lean(t *testing.T) *store.DB {
	t.Helper()
	name := "n" + w.Name[len(w.Name)-12:]
	user := "'" + name + "'@'%'"
	w.Exec(t, "CREATE USER "+user+" IDENTIFIED BY 'secret'")
	t.Cleanup(func() { _, _ = w.SQL.ExecContext(context.Background(), "DROP USER "+user) })
	for _, g := range store.Grants(w.Name, user) {
		w.Exec(t, g)
	}
	return w.Store(t, func(c *store.Config) { c.User, c.Password = name, "secret" })
}

// A mark that did not move with a commit would give out an old list for ever.
func TestMark_movesWithEveryCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(t, "vm.example.net", "ready", `{"203.0.113.9":"a.example.org"}`)
	r := namerows.New(w.lean(t).Handle())
	pass := func() { time.Sleep(1100 * time.Millisecond) } // the server's resolution is a second
	look := func() string {
		t.Helper()
		mark, err := r.Mark(t.Context())
		if err != nil || mark == "" {
			t.Fatalf("mark %q, %v", mark, err)
		}
		return mark
	}
	before := look()
	moves := func(what string, want bool, statement string, args ...any) {
		t.Helper()
		pass()
		w.Exec(t, statement, args...)
		after := look()
		if (after != before) != want {
			t.Errorf("%s: mark %s, before %s", what, after, before)
		}
		before = after
	}
	moves("a name", true, `UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = '{"203.0.113.9":"b.example.org"}' WHERE service_id = ?`, id)
	moves("a status", true, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'remove' WHERE service_id = ?", id)
	moves("a domain", true, "UPDATE tblhosting SET domain = 'other.example.net' WHERE id = ?", id)
	moves("a machine is forgotten", true, "DELETE FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id)
	moves("a new machine", true, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, 'ready')", id)
	moves("another table", false, "UPDATE tblclients SET firstname = 'Augusta' WHERE id = ?", w.client)

	tx := w.SQL.MustBegin()
	tx.MustExec("UPDATE tblhosting SET domain = 'third.example.net' WHERE id = ?", id)
	pass()
	if got := look(); got != before {
		t.Errorf("before the commit: mark %s, before %s", got, before)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := look(); got == before {
		t.Errorf("the commit left the mark at %s", got)
	}
}

// What follows within the second would have the same mark.
func TestRead_doesNotTrustAMarkOfThisMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(t, "vm.example.net", "ready", `{"203.0.113.9":"a.example.org"}`)
	r := namerows.New(w.Store(t).Handle())
	read := func() string {
		t.Helper()
		mark, err := r.Read(t.Context(), func(int64, []byte, []byte) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return mark
	}
	w.Exec(t, "UPDATE tblhosting SET domain = 'x.example.net' WHERE id = ?", id)
	if mark := read(); mark != "" {
		t.Errorf("a commit has just been, and the mark %q is trusted", mark)
	}
	time.Sleep(3 * time.Second)
	mark := read()
	if now, err := r.Mark(t.Context()); mark == "" || mark != now || err != nil {
		t.Errorf("long after the commit: mark %q, now %q, %v", mark, now, err)
	}
}

// The connection ends while rows are on their way.
func TestRead_failsWhenTheDatabaseGoesHalfWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(t, "vm.example.net", "ready", `{"203.0.113.9":"`+strings.Repeat("x", 60)+`.example.org"}`)
	machines := 1
	for ; machines < 1<<16; machines *= 2 { // far more than fits between server and client
		w.Exec(t, `INSERT INTO tblhosting (id, domain, paymentmethod, billingcycle, username, password, notes, suspendreason, dedicatedip, assignedips, ns1, ns2)
			SELECT id + ?, domain, '', '', '', '', '', '', '', '', '', '' FROM tblhosting WHERE id >= ?`, machines, id)
		w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status, vm_rev_dns) SELECT service_id + ?, vm_status, vm_rev_dns FROM puqProxmoxKVM_vm_info", machines)
	}
	db := w.Store(t)
	log := slog.New(slog.DiscardHandler)
	rows := &cut{Rows: namerows.New(db.Handle()), at: 5, kill: func() { w.killReader(t) }}
	list := namelist.NewList(rows, clock.System{}, log)
	if e, err := list.Current(t.Context()); err == nil {
		t.Fatalf("a list of %d bytes came of a connection that ended at row %d", e.Size, rows.seen)
	}
	if rows.seen >= machines {
		t.Fatalf("all %d rows came before the end", rows.seen)
	}
	t.Logf("%d of %d rows came before the end", rows.seen, machines)
	rows.at = -1
	if e, err := list.Current(t.Context()); err != nil || e.Size < int64(machines)*60 {
		t.Errorf("afterwards: %+v, %v", e, err)
	}
}

// cut does something at one row of a reading.
type cut struct {
	*namerows.Rows
	at, seen int
	kill     func()
}

func (c *cut) Read(ctx context.Context, each func(int64, []byte, []byte) error) (string, error) {
	c.seen = 0
	return c.Rows.Read(ctx, func(id int64, domain, names []byte) error {
		if c.seen == c.at {
			c.kill()
		}
		c.seen++
		return each(id, domain, names)
	})
}

// killReader ends the connection that reads the records.
func (w world) killReader(t *testing.T) {
	t.Helper()
	id := w.Text(t, "SELECT id FROM information_schema.processlist WHERE db = ? AND info LIKE 'SELECT i.service_id%'", w.Name)
	w.Exec(t, "KILL CONNECTION "+id)
}
