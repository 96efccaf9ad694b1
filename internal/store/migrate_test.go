package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestMigrate_severalProcessesAtOnce(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, testdb.Bare())
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := db.Store(t).Migrate(t.Context()); err != nil {
				t.Errorf("Migrate: %v", err)
			}
		})
	}
	group.Wait()
	if err := db.Store(t).SchemaCurrent(t.Context()); err != nil {
		t.Errorf("SchemaCurrent: %v", err)
	}
}

// The server commits every statement by itself: a process can die between a migration and the note that it was made.
func TestMigrate_afterEveryCrashBetweenAStatementAndItsNote(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	d := db.Store(t)
	_, want, err := d.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for version := want; version > 0; version-- {
		db.Exec(t, "DELETE FROM kvmbridge_migrations WHERE version_id >= ?", version)
		if err := errors.Join(d.Migrate(t.Context()), d.SchemaCurrent(t.Context())); err != nil {
			t.Fatalf("Migrate after a crash behind migration %d: %v", version, err)
		}
	}
}

func TestSchemaCurrent_refusesOldAndNewSchemasWithASentence(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	d := db.Store(t)
	for _, c := range []struct{ change, part string }{
		{"DELETE FROM kvmbridge_migrations WHERE version_id > 3", "run: kvmbridge migrate"},
		{"INSERT INTO kvmbridge_migrations (version_id, is_applied) VALUES (9999, 1)", "newer kvmbridge"},
		{"DROP TABLE kvmbridge_migrations", "no kvmbridge tables yet; activate the addon in WHMCS"},
	} {
		db.Exec(t, c.change)
		if err := d.SchemaCurrent(t.Context()); err == nil || !strings.Contains(err.Error(), c.part) {
			t.Errorf("after %s: %v, want it to say %q", c.change, err, c.part)
		}
	}
}

// oldTables are what the reference product, another version of it or an administrator may have left.
func oldTables() map[string]string {
	return map[string]string{
		"few columns, other types": `CREATE TABLE puqProxmoxKVM_vm_info (
			service_id INT(11) NOT NULL, vm_id VARCHAR(50) NOT NULL, vm_status TEXT NOT NULL, vm_rev_dns TEXT NOT NULL,
			custom_note VARCHAR(20) NOT NULL, custom_number INT NOT NULL, custom_day DATE NOT NULL DEFAULT '0000-00-00',
			Vm_Name VARCHAR(100) NOT NULL) ENGINE=InnoDB DEFAULT CHARSET=latin1`,
		"a key of its own": `CREATE TABLE puqProxmoxKVM_vm_info (
			id INT NOT NULL AUTO_INCREMENT, service_id INT NOT NULL, vm_status VARCHAR(30) NOT NULL DEFAULT '', vm_last_action_log VARCHAR(250) NULL,
			vm_deploy_log TEXT NULL, stamp TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8`,
	}
}

func TestMigrate_completesTablesThatExistAndWorksOnThem(t *testing.T) {
	t.Parallel()
	for name, create := range oldTables() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t, testdb.Bare())
			db.Exec(t, create)
			db.Exec(t, "CREATE TABLE puq_proxmox_kvm_ip_pools (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, server_id INT NOT NULL, mask VARCHAR(3) NOT NULL, colour TEXT) ENGINE=InnoDB DEFAULT CHARSET=latin1")
			before := columnTypes(t, db)
			d := db.Store(t)
			for range 2 {
				if err := d.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			after := columnTypes(t, db)
			for column, kind := range before {
				if after[column] != kind {
					t.Errorf("%s was %s and is %q now: columns must not be changed", column, kind, after[column])
				}
			}
			w := world{DB: db, server: db.Server(t, "pve"), client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}")}
			w.service = db.Service(t, w.client, w.product, w.server)
			db.Pool(t, w.pool("10.0.0.2", "10.0.0.9", "10.0.0.1", 24))
			deployOn(t, w)
			must(t, lifeOf(t.Context(), w, d))
		})
	}
}

func columnTypes(t *testing.T, db *testdb.DB) map[string]string {
	t.Helper()
	var rows []struct {
		Name string `db:"name"`
		Type string `db:"type"`
	}
	err := db.SQL.SelectContext(t.Context(), &rows, `SELECT CONCAT(table_name, '.', column_name) AS name,
		CONCAT_WS(' ', column_type, is_nullable, column_default, character_set_name) AS type
		FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name LIKE 'puq%'`)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, r := range rows {
		types[r.Name] = r.Type
	}
	return types
}

// deployOn carries one order through a run with a long history.
func deployOn(t *testing.T, w world) {
	t.Helper()
	ctx := t.Context()
	c := &stopped{now: moment()}
	d := w.Store(t, withClock(c))
	if err := d.Open(ctx, w.order()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lease(ctx, w.want(2, 0)); err != nil {
		t.Fatal(err)
	}
	for range 12 {
		l, m, run := claim(t, d, w.service, c.now)
		m.VMID, m.Name = 101, "vm-1"
		at := m.Status
		for n := range 5 {
			if err := d.Settle(ctx, l, &run, m, entry(n+1, at, at, c.now)); err != nil {
				t.Fatal(err)
			}
		}
		e := failure(6, at, "no — é ✓ 😀", c.now)
		if err := d.Fail(ctx, l, &run, m, e, pipeline.Trouble{Failures: 1, Wake: c.now}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := d.Find(ctx, w.service)
	if err != nil || m.VMID != 101 || m.Name != "vm-1" || m.Status != vm.Creation || len(m.RevDNS) != 2 {
		t.Errorf("record = %+v, %v", m, err)
	}
	next := w
	next.service = w.Service(t, w.client, w.product, w.server)
	if err := d.Open(ctx, next.order()); err != nil {
		t.Fatal(err)
	}
	if id, err := d.Reserve(ctx, w.server, next.service, 101, nil); err != nil || id != 102 {
		t.Errorf("Reserve = %d, %v; want 102, the record names 101", id, err)
	}
	w.Exec(t, "DELETE FROM puqProxmoxKVM_vm_info WHERE service_id = ?", next.service)
	if err := d.Open(ctx, w.order()); err == nil {
		t.Error("a second order was accepted")
	}
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'remove'")
	if err := d.Open(ctx, w.order()); err != nil {
		t.Errorf("Open after removal: %v", err)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info"); got != "1" {
		t.Errorf("records = %s, want 1", got)
	}
}
