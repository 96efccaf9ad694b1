package vm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func described(text string) hypervisor.GuestConfig {
	return hypervisor.GuestConfig{Values: map[string]string{"name": "web", "description": text}}
}

func TestOwners_readsEveryMarkAndNothingElse(t *testing.T) {
	t.Parallel()
	ours := vm.Owner{Mark: "kvmbridge:inst:5", Instance: "inst", ServiceID: 5}
	for text, want := range map[string][]vm.Owner{
		"": nil, "Managed by kvmbridge; service 5": nil, "xkvmbridge:inst:5": nil,
		"Service 5\n\n" + vm.Mark("inst", 5):   {ours},
		"kvmbridge:inst:5\tkvmbridge:other:77": {ours, {Mark: "kvmbridge:other:77", Instance: "other", ServiceID: 77}},
		"kvmbridge:inst:5x kvmbridge:inst":     {{Mark: "kvmbridge:inst:5x", Instance: "inst"}, {Mark: "kvmbridge:inst", Instance: "inst"}},
	} {
		if d := cmp.Diff(want, vm.Owners(described(text))); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

// Whoever reads this decides what may be destroyed.
func TestOwns_needsTheWholeMarkOrTheNameOfAnAdoptedGuest(t *testing.T) {
	t.Parallel()
	mark := vm.Mark("inst", 5)
	for name, c := range map[string]struct {
		m    vm.Machine
		text string
		want bool
	}{
		"marked":              {vm.Machine{Name: "web"}, "a\n" + mark, true},
		"mark of service 55":  {vm.Machine{Name: "web"}, mark + "5", false},
		"mark within a word":  {vm.Machine{Name: "web"}, "(" + mark + ")", false},
		"name without a mark": {vm.Machine{Name: "web"}, "", false},
		"adopted by name":     {vm.Machine{Name: "web", Adopted: true}, "", true},
		"adopted, other name": {vm.Machine{Name: "mail", Adopted: true}, "", false},
		"of somebody else's":  {vm.Machine{Name: "web"}, vm.Mark("other", 5), false},
		"two marks, one ours": {vm.Machine{Name: "web"}, vm.Mark("other", 5) + " " + mark, true},
	} {
		if got := c.m.Owns(described(c.text), mark); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
