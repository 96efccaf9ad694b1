package pools_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
)

func addressesOf(list []ippool.Lease) string {
	var texts []string
	for _, l := range list {
		texts = append(texts, l.Address.String())
	}
	return strings.Join(texts, " ")
}

// What is kept back is handed out by nobody: neither from lists made before, nor by another process, nor to the service
// that had it, nor from the address list of the server entry.
func TestKeep_theAllocatorPassesBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.Store(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	w.lease(t, second, w.service(t), 1) // 10.0.0.10; its lists hold 10.0.0.11 as the next
	must(t, w.book.Keep(t.Context(), admin, id, " 10.0.0.11 ", " blacklisted <b> "))
	w.lastEntry(t, "keeps 10.0.0.11 of IP pool "+text(id)+" back: blacklisted <b>")
	if got := addressesOf(w.lease(t, second, w.service(t), 8)); strings.Contains(got, "10.0.0.11") {
		t.Errorf("the other process hands out %s", got)
	}
	back := w.service(t) // shows the address of an earlier life
	w.Exec(t, "UPDATE tblhosting SET dedicatedip = '10.0.0.11' WHERE id = ?", back)
	if got := addressesOf(w.lease(t, w.store, back, 1)); got == "10.0.0.11" { // the last that is free
		t.Errorf("the service that showed it gets %s", got)
	}
	if got, err := w.Store(t).Lease(t.Context(), w.want(w.service(t), 1)); err == nil {
		t.Errorf("of a pool where only 10.0.0.11 is left: %v", got)
	}
	w.Exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools WHERE id = ?", id)
	w.LegacyList(t, w.server, "vmbr0|0|10.0.0.11|24|10.0.0.1|\nvmbr0|0|10.0.0.12|24|10.0.0.1|\nvmbr0|0|10.0.0.21|24|10.0.0.1|")
	if got := addressesOf(w.lease(t, w.Store(t), w.service(t), 1)); got != "10.0.0.21" {
		t.Errorf("the address list hands out %s: 10.0.0.11 is kept back, 10.0.0.12 is held", got)
	}
}

func TestRelease_letsItBeHandedOutAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.10", "spam"))
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.10", "still spam"))
	w.lastEntry(t, "note spam -> still spam")
	must(t, w.book.Release(t.Context(), admin, id, "10.0.0.10"))
	w.lastEntry(t, "no longer keeps 10.0.0.10 of IP pool "+text(id)+" back: note was still spam")
	if got := addressesOf(w.lease(t, w.store, w.service(t), 1)); got != "10.0.0.10" {
		t.Errorf("the next machine gets %s", got)
	}
	err := w.book.Release(t.Context(), admin, id, "10.0.0.10")
	if faults, ok := errors.AsType[ippool.FormErrors](err); !ok || !strings.Contains(faults.Of(pools.FieldAddress), "is not kept back") {
		t.Errorf("Release of a machine's address = %v", err)
	}
}

// An address that a machine uses is kept back from the moment the machine gives it up.
func TestKeep_ofAHeldAddressWaitsForItsService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	service, other := w.service(t), w.service(t)
	w.lease(t, w.store, service, 3)
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.10", "spam"))
	w.lastEntry(t, "as soon as service "+text(service)+" gives it up")
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.11", "spam too"))
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.12", "a mistake"))
	must(t, w.book.Release(t.Context(), admin, id, "10.0.0.12"))
	if held, err := w.store.Held(t.Context(), service); err != nil || len(held) != 3 {
		t.Errorf("the machine has %v, %v; want all three still", held, err)
	}
	must(t, w.store.GiveBack(t.Context(), service, []netip.Addr{netip.MustParseAddr("10.0.0.11")}))
	must(t, w.store.FreeAddresses(t.Context(), service))
	if got := w.used(t, id); got != "10.0.0.10=kept 10.0.0.11=kept" {
		t.Errorf("taken = %s", got)
	}
	if got := addressesOf(w.lease(t, w.store, other, 1)); got != "10.0.0.12" {
		t.Errorf("the next machine gets %s", got)
	}
}

func TestKeep_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.1", "10.0.0.20"))
	w.LegacyList(t, w.server, "vmbr0|0|10.0.0.6|24|10.0.0.1|")
	shown := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "UPDATE tblhosting SET dedicatedip = '10.0.0.8' WHERE id = ?", shown)
	for _, c := range []struct{ address, note, field, want string }{
		{"", "x", pools.FieldAddress, "Write the address"},
		{"10.0.0", "x", pools.FieldAddress, "Write the address"},
		{"10.0.0.21", "x", pools.FieldAddress, "is not in the range 10.0.0.1 - 10.0.0.20"},
		{"2001:db8::1", "x", pools.FieldAddress, "is not in the range"},
		{"10.0.0.1", "x", pools.FieldAddress, "is a gateway, which is never handed out"},
		{"10.0.0.6", "x", pools.FieldAddress, "is in the address list of the server entry"},
		{"10.0.0.8", "x", pools.FieldAddress, "is shown by service " + text(shown)},
		{"10.0.0.9", " ", pools.FieldNote, "Write why"},
		{"10.0.0.9", strings.Repeat("é", 256), pools.FieldNote, "The note has 256 characters; at most 255 fit"},
	} {
		err := w.book.Keep(t.Context(), admin, id, c.address, c.note)
		faults, ok := errors.AsType[ippool.FormErrors](err)
		if !ok || len(faults) != 1 || !strings.Contains(faults.Of(c.field), c.want) {
			t.Errorf("%q, %.5q: %v, want %q at %s", c.address, c.note, err, c.want, c.field)
		}
	}
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.9", strings.Repeat("é", 255)))
	if err := w.book.Keep(t.Context(), admin, 999, "10.0.0.9", "x"); !errors.Is(err, pools.ErrNoPool) {
		t.Errorf("Keep in a pool that is no more: %v", err)
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations"); n != "1" || len(w.entries(t)) != 2 {
		t.Errorf("%s allocations, log %v", n, w.entries(t))
	}
}

// Keeping an address back while it is handed out: it has a holder and waits for him, or it is kept and nobody has it.
func TestKeep_againstAllocationsAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.Store(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.12"))
	for round := range 15 {
		a, b := w.service(t), w.service(t)
		w.lease(t, w.store, a, 1)
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := second.Lease(t.Context(), w.want(b, 1)); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() { must(t, w.store.FreeAddresses(t.Context(), a)) })
		group.Go(func() {
			if err := w.book.Keep(t.Context(), admin, id, "10.0.0.10", "spam"); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		must(t, w.store.FreeAddresses(t.Context(), b))
		if got := w.used(t, id); got != "10.0.0.10=kept" {
			t.Fatalf("round %d: taken = %s, want 10.0.0.10 kept back and nothing else", round, got)
		}
		must(t, w.book.Release(t.Context(), admin, id, "10.0.0.10"))
	}
}
