package vm

import (
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

func node(name string, gib int64) hypervisor.Node {
	return hypervisor.Node{Name: name, Online: true, FreeMemory: gib * gib0}
}

const gib0 = 1 << 30

func TestCandidates_mostFreeMemoryFirst(t *testing.T) {
	t.Parallel()
	var s Steps
	nodes := []hypervisor.Node{node("a", 10), node("b", 30), node("c", 20), {Name: "off", FreeMemory: 90 * gib0}}
	m := &Machine{ServiceID: 1, ServerID: 1, Spec: spec.Spec{MemoryMiB: 8 << 10}}
	if got := s.candidates(m, nodes); !slices.Equal(got, []string{"b", "c", "a"}) {
		t.Errorf("got %v, want b c a and no node that is off", got)
	}
	m.Spec.Node = "a"
	if got := s.candidates(m, nodes); got[0] != "a" {
		t.Errorf("got %v, want the product's node first", got)
	}
	m.Spec.Node = "off"
	if got := s.candidates(m, nodes); !slices.Equal(got, []string{"b", "c", "a"}) {
		t.Errorf("got %v, want the others when the product's node is off", got)
	}
}

func TestPlacement_countsGuestsOnTheirWay(t *testing.T) {
	t.Parallel()
	var s Steps
	nodes := []hypervisor.Node{node("a", 10), node("b", 9)}
	order := func(service, server int64) *Machine {
		return &Machine{ServiceID: service, ServerID: server, Spec: spec.Spec{MemoryMiB: 4 << 10}}
	}
	var got []string
	for id := range int64(4) {
		m := order(id, 1)
		chosen := s.candidates(m, nodes)[0]
		s.placement.Put(m.ServiceID, m.ServerID, chosen, 4*gib0)
		got = append(got, chosen)
	}
	if want := []string{"a", "b", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("four orders went to %v, want %v", got, want)
	}
	if other := s.candidates(order(9, 2), nodes)[0]; other != "a" {
		t.Errorf("another cluster's order went to %s: guests of the first one counted", other)
	}
	s.placement.Drop(0)
	if n := s.placement.Planned(9, 1, "a"); n != 4*gib0 {
		t.Errorf("%d bytes on their way to a, want 4 GiB after one guest arrived", n)
	}
	if n := s.placement.Planned(2, 1, "a"); n != 0 {
		t.Errorf("%d bytes: an order counts itself", n)
	}
}
