package records_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// planned is a plan without what is known of the past.
type planned struct {
	Zones []struct {
		ID            int64
		Write, Remove []planLine
		Stay          int
	}
	Orphans []planLine
}

type planLine struct {
	ServiceID int64 `json:"service_id"`
	Type      string
	Name      string
	Value     string
}

func (w *world) planned(t *testing.T) (p planned) {
	t.Helper()
	out := w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, JSON: true})
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// What a plan says is what the orders write down: a plan made after them says the same.
func TestPlan_saysWhatOrdersWriteDown(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w, ids := scrambled(t, seed)
			before := w.planned(t)
			for _, id := range ids {
				g := dns.Guest{ServiceID: id}
				if m, err := w.store.Find(t.Context(), id); err == nil && m.Status == vm.Ready {
					if m.Addresses, err = w.store.Held(t.Context(), id); err != nil {
						t.Fatal(err)
					}
					g = m.Names()
				}
				if _, err := w.office.Keeper.Order(t.Context(), g); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(before, w.planned(t)); d != "" {
				t.Errorf("plans before and after the orders (-before +after):\n%s", d)
			}
		})
	}
}

// scrambled is a world whose ledger has little to do with its machines.
func scrambled(t *testing.T, seed uint64) (w *world, ids []int64) {
	t.Helper()
	w = newWorld(t)
	r := rand.New(rand.NewPCG(seed, 1))
	for i, name := range []string{forward, "sub." + forward, reverse4, forward} {
		w.zone(t, name, fmt.Sprintf("http://192.0.2.%d:8081", 1+i/3), "k")
	}
	for i := range 6 {
		var addresses []string
		for range r.IntN(3) {
			addresses = append(addresses, fmt.Sprintf("192.0.2.%d", 10+2*i+len(addresses)))
		}
		ids = append(ids, w.machine(t, []string{fmt.Sprintf("vm-%d.%s", i, forward), fmt.Sprintf("vm-%d.sub.%s", i, forward)}[r.IntN(2)], addresses...))
	}
	w.status(t, ids[0], vm.Removed)
	states := []dns.State{dns.Live, dns.PendingCreate, dns.PendingDelete}
	for range 40 {
		zone, last := int64(1+r.IntN(5)), 10+r.IntN(14)
		typ, name, value := dns.A, fmt.Sprintf("vm-%d.%s", r.IntN(7), []string{forward, "sub." + forward}[r.IntN(2)]), fmt.Sprintf("192.0.2.%d", last)
		if zone == 3 {
			typ, name, value = dns.PTR, fmt.Sprintf("%d.%s", last, reverse4), name
		}
		w.row(t, ids[r.IntN(len(ids))], zone, typ, name, value, states[r.IntN(3)])
	}
	return w, ids
}

// A termination has the records of its machine: neither a plan nor a sync gets in its way.
func TestPlan_leavesTerminationsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone(t, forward, "http://192.0.2.1:8081", "k")
	for i, status := range []string{"terminate", "error_terminate"} {
		id := w.machine(t, "vm-1."+forward, fmt.Sprintf("192.0.2.%d", 20+i))
		w.row(t, id, 1, "A", "vm-1."+forward, "192.0.2.10", "live")
		w.row(t, id, 1, "A", "vm-1."+forward, "192.0.2.9", "live")
		w.status(t, id, status)
		before := w.ledger(t)
		contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, Service: id}), ": 0 to write, 0 to remove, 2 stay\n", fmt.Sprintf("service %d is left alone", id))
		contains(t, "sync", w.must(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id}), "its VM is at \""+status+"\"", "nothing was ordered")
		if after := w.ledger(t); after != before {
			t.Errorf("%s: the ledger was\n%s\nand is\n%s", status, before, after)
		}
	}
}

// A machine that something is done to gets its records from its own pipeline.
func TestSync_leavesABusyMachineToItsPipeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone(t, forward, "http://192.0.2.1:8081", "k")
	id := w.machine(t, "vm-1."+forward, "192.0.2.10")
	w.status(t, id, vm.ChangePackage)
	r := w.do(t, cli.RecordOptions{Deed: cli.RecordsSync, All: true})
	if r.well || r.err != nil || w.ledger(t) != "" {
		t.Errorf("well %t, %v, ledger %q", r.well, r.err, w.ledger(t))
	}
	contains(t, "sync", r.out, fmt.Sprintf("service %d\n  its VM is at \"change_package\"", id), "1 still on their way")
	if got := w.Text(t, "SELECT wish FROM kvmbridge_vm WHERE service_id = ?", id); got != "set_dns_records" {
		t.Errorf("wish %q", got)
	}
}

// Nothing that would take a large part of a zone away happens without a word.
func TestGuard_stopsMassRemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone(t, forward, "http://127.0.0.1:1", "k")
	id := w.machine(t, "vm-1."+forward)
	other := w.machine(t, "vm-2."+forward, "192.0.2.50")
	for i := range 7 {
		w.row(t, other, 1, "A", fmt.Sprintf("keep-%d.%s", i, forward), "192.0.2.50", "live")
	}
	for i := range 3 {
		w.row(t, id, 1, "A", fmt.Sprintf("old-%d.%s", i, forward), "192.0.2.10", "live")
	}
	// 3 of 10 are allowed; one more of the same service is not.
	if err := w.office.Guard(t.Context(), id); err != nil {
		t.Errorf("3 of 10: %v", err)
	}
	w.row(t, id, 1, "A", "old-4."+forward, "192.0.2.10", "live")
	err := w.office.Guard(t.Context(), id)
	mass, ok := errors.AsType[*dns.MassError](err)
	if !ok || len(mass.Losses) != 1 || mass.Losses[0].Removed != 4 || mass.Losses[0].Owned != 11 || mass.Losses[0].Zone.ID != 1 {
		t.Fatalf("4 of 11: %v", err)
	}
	before := w.ledger(t)
	const sentence = "this would remove 4 of our 11 records in " + forward + " (36 %), and more than 30 % of a zone at once needs to be confirmed"
	contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, Service: id}), "a sync stops unless it is forced: "+sentence+"\n")
	w.refused(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id}, sentence+": nothing was ordered; ", "repeat with --force")
	w.refused(t, cli.RecordOptions{Deed: cli.RecordsSync, All: true}, "11 of our 11 records", "--force")
	if after := w.ledger(t); after != before {
		t.Errorf("the ledger was\n%s\nand is\n%s", before, after)
	}
	r := w.do(t, cli.RecordOptions{Deed: cli.RecordsSync, Service: id, Force: true})
	if r.err != nil || strings.Count(w.ledger(t), "pending_delete") != 4 {
		t.Errorf("forced: %v\n%s", r.err, w.ledger(t))
	}
}

// A plan of one service tells what it does to the records of others, and an order tried out counts for those after it.
func TestPlan_countsWhatServicesShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zone(t, forward, "http://192.0.2.1:8081", "k")
	w.zone(t, reverse4, "http://192.0.2.1:8081", "k")
	former, now := w.machine(t, "vm-1."+forward), w.machine(t, "vm-2."+forward, "192.0.2.10")
	w.row(t, former, 2, "PTR", "10."+reverse4, "vm-1."+forward, "live")
	contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan, Service: now}),
		fmt.Sprintf("  remove  PTR  10.%s  vm-1.%s  service %d\n", reverse4, forward, former), fmt.Sprintf("  write   PTR  10.%s  vm-2.%s  service %d\n", reverse4, forward, now))

	// Both have ended and shared a value that the first of them wrote: it goes with the second.
	w.row(t, former, 1, "A", "shared."+forward, "192.0.2.50", "live")
	w.row(t, former+100, 1, "A", "shared."+forward, "192.0.2.50", "live")
	w.Exec(t, "UPDATE kvmbridge_dns_records SET ours = 0 WHERE service_id = ?", former+100)
	contains(t, "plan", w.must(t, cli.RecordOptions{Deed: cli.RecordsPlan}),
		fmt.Sprintf("  remove  A  shared.%s  192.0.2.50  service %d\n", forward, former+100), fmt.Sprintf("  forget  A  shared.%s  192.0.2.50  service %d\n", forward, former))
}
