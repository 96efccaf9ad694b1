package guess

import (
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

func node(name string, gib int64) hypervisor.Node {
	return hypervisor.Node{Name: name, Online: true, FreeMemory: gib << 30}
}

func TestOrder_mostFreeMemoryFirst(t *testing.T) {
	t.Parallel()
	var p Placement
	nodes := []hypervisor.Node{node("a", 10), node("b", 30), node("c", 20), {Name: "off", FreeMemory: 90 << 30}}
	for preferred, want := range map[string][]string{"": {"b", "c", "a"}, "a": {"a", "b", "c"}, "off": {"b", "c", "a"}} {
		if got := p.Order(1, 1, preferred, nodes); !slices.Equal(got, want) {
			t.Errorf("preferred %q: %v, want %v and no node that is off", preferred, got, want)
		}
	}
}

func TestOrder_countsGuestsOnTheirWay(t *testing.T) {
	t.Parallel()
	var p Placement
	nodes := []hypervisor.Node{node("a", 10), node("b", 9)}
	var got []string
	for id := range int64(4) {
		chosen := p.Order(id, 1, "", nodes)[0]
		p.Put(id, 1, chosen, 4<<30)
		got = append(got, chosen)
	}
	if want := []string{"a", "b", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("four orders went to %v, want %v", got, want)
	}
	if other := p.Order(9, 2, "", nodes)[0]; other != "a" {
		t.Errorf("another cluster's order went to %s: guests of the first one counted", other)
	}
	p.Drop(0)
	if n := p.Planned(9, 1, "a"); n != 4<<30 {
		t.Errorf("%d bytes on their way to a, want 4 GiB after one guest arrived", n)
	}
	if n := p.Planned(2, 1, "a"); n != 0 {
		t.Errorf("%d bytes: an order counts itself", n)
	}
}
