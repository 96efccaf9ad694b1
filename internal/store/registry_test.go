package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestOpen_writesEverythingOrNothing(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	m, err := d.Find(t.Context(), w.service)
	if err != nil {
		t.Fatal(err)
	}
	if m.Status != vm.Creation || m.ServerID != w.server || m.ClientID != w.client || m.Name != "vm-1" || m.Domain != "vm-1.example.com" ||
		m.Username != "ada" || m.Password != "s3cret é" || m.VMID != 0 || m.Suspended {
		t.Errorf("record = %+v", m)
	}
	if ids, _, err := d.Due(t.Context(), c.now, 1); err != nil || len(ids) != 1 {
		t.Errorf("Due = %v, %v; want the new machine at once", ids, err)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_secrets WHERE sealed LIKE '%s3cret%'"); got != "0" {
		t.Error("the password is readable in the database")
	}
	o := w.order()
	o.ServiceID = 4711
	if err := d.Open(t.Context(), o); !errors.Is(err, vm.ErrNoService) {
		t.Errorf("Open without service: %v, want ErrNoService", err)
	}
	for _, table := range []string{"kvmbridge_vm", "puqProxmoxKVM_vm_info", "kvmbridge_secrets"} {
		if got := w.Text(t, "SELECT COUNT(*) FROM "+table); got != "1" {
			t.Errorf("rows in %s = %s, want only the first order's", table, got)
		}
	}
	if _, err := d.Find(t.Context(), 4711); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("Find: %v, want ErrNoMachine", err)
	}
}

func TestOpen_parallelCallsAreOneOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, other := w.Store(t), w.Store(t)
	var mu sync.Mutex
	results := map[string]int{}
	var group sync.WaitGroup
	for n := range 12 {
		group.Go(func() {
			s := d
			if n%2 == 1 {
				s = other
			}
			err := s.Open(t.Context(), w.order())
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				results["opened"]++
			case errors.Is(err, vm.ErrExists):
				results["exists"]++
			default:
				t.Errorf("Open: %v", err)
			}
		})
	}
	group.Wait()
	if results["opened"] != 1 || results["exists"] != 11 {
		t.Errorf("results = %v, want one opened", results)
	}
}

func TestOpen_afterRemovalStartsAfresh(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	l, m, run := claim(t, d, w.service, c.now)
	m.VMID, m.MAC, m.Task = 101, "BC:24:11:00:00:01", "UPID"
	if err := d.Settle(t.Context(), l, &run, m, entry(1, vm.Creation, vm.Removed, c.now)); err != nil {
		t.Fatal(err)
	}
	if err := d.Suspend(t.Context(), w.service, true); err != nil {
		t.Fatal(err)
	}
	o := w.order()
	o.Name, o.Password = "vm-2", "other"
	if err := d.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	got, err := d.Find(t.Context(), w.service)
	if err != nil || got.Status != vm.Creation || got.VMID != 0 || got.MAC != "" || got.Task != "" || got.Name != "vm-2" || got.Password != "other" || got.Suspended {
		t.Errorf("record = %+v, %v; want nothing left of the first life", got, err)
	}
	if err := d.Note(t.Context(), l, m); err == nil {
		t.Error("the lease of the first life still writes")
	}
}

// A VM of the reference product has a record and no row of ours.
func TestFind_aRecordOfTheReferenceProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Store(t)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns) VALUES (?, 300, 'old', 'ready', 'no json')", w.service)
	m, err := d.Find(t.Context(), w.service)
	if err != nil || m.VMID != 300 || m.Status != vm.Ready || m.ServerID != w.server || m.Password != "" || len(m.RevDNS) != 0 {
		t.Errorf("record = %+v, %v", m, err)
	}
	if err := d.Open(t.Context(), w.order()); !errors.Is(err, vm.ErrExists) {
		t.Errorf("Open over it: %v, want ErrExists", err)
	}
}

func TestInstance_isMadeOnce(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	a, b := db.Store(t), db.Store(t)
	var group sync.WaitGroup
	names := make([]string, 8)
	for n := range names {
		group.Go(func() {
			s := a
			if n%2 == 1 {
				s = b
			}
			name, err := s.Instance(t.Context())
			if err != nil {
				t.Errorf("Instance: %v", err)
			}
			names[n] = name
		})
	}
	group.Wait()
	for _, name := range names {
		if name == "" || name != names[0] {
			t.Errorf("names = %v, want one", names)
		}
	}
}

func TestCredentials_sealedWithTheirFingerprint(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	d := db.Store(t)
	if _, err := d.Credentials(t.Context(), 3); !errors.Is(err, store.ErrNoCredentials) {
		t.Errorf("Credentials of an unknown server: %v, want ErrNoCredentials", err)
	}
	for _, c := range []store.Credentials{{Fingerprint: "a", Password: "one"}, {Fingerprint: "b", Password: "two"}} {
		if err := d.SaveCredentials(t.Context(), 3, c); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Credentials(t.Context(), 3); err != nil || got != c {
			t.Errorf("Credentials = %+v, %v; want %+v", got, err, c)
		}
	}
	other := db.Store(t, func(c *store.Config) { c.Box, _ = seal.New([]byte("another key of 32 bytes, so long")) })
	if _, err := other.Credentials(t.Context(), 3); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("Credentials with another key: %v, want ErrOpen", err)
	}
	keyless := db.Store(t, func(c *store.Config) { c.Box = nil })
	if err := keyless.SaveCredentials(t.Context(), 3, store.Credentials{}); err == nil || !strings.Contains(err.Error(), "no key for secrets") {
		t.Errorf("SaveCredentials without a key: %v", err)
	}
}

func TestOpenDatabase_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for part, change := range map[string]func(*store.Config){
		"check user name and password": func(c *store.Config) { c.User, c.Password = "nobody", "wrong" },
		"check its name":               func(c *store.Config) { c.Database = "no_such_database" },
		"check that it runs":           func(c *store.Config) { c.Net, c.Addr = "tcp", "127.0.0.1:1" },
	} {
		cfg := db.Config(t)
		change(&cfg)
		d, err := store.Open(t.Context(), cfg)
		if err == nil {
			_ = d.Close()
			t.Errorf("Open succeeded, want an error that says %q", part)
			continue
		}
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestFreeAddresses_areFreeAtOnce(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.2", "10.0.0.1", 24))
	if _, err := d.Lease(t.Context(), w.want(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := d.FreeAddresses(t.Context(), w.service); err != nil {
		t.Fatal(err)
	}
	assertShown(t, w, "", "")
	got, err := d.Lease(t.Context(), w.want(1, 0))
	if err != nil || texts(got) != "10.0.0.2" {
		t.Errorf("Lease after FreeAddresses = %s, %v", texts(got), err)
	}
}
