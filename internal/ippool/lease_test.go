package ippool_test

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestSplit_keepsTheOldestOfEachFamily(t *testing.T) {
	t.Parallel()
	held := []ippool.Lease{{Address: addr("192.0.2.1")}, {Address: addr("2001:db8::1")}, {Address: addr("192.0.2.2")}, {Address: addr("2001:db8::2")}}
	keep, surplus := ippool.Split(held, 1, 2)
	if want := []ippool.Lease{held[0], held[1], held[3]}; !reflect.DeepEqual(keep, want) {
		t.Errorf("kept %v, want %v", keep, want)
	}
	if want := []netip.Addr{addr("192.0.2.2")}; !slices.Equal(surplus, want) {
		t.Errorf("surplus %v, want %v", surplus, want)
	}
	for want, ok := range map[[2]int]bool{{2, 2}: true, {0, 0}: true, {3, 0}: false, {0, 3}: false, {1, 2}: true} {
		if ippool.Enough(held, want[0], want[1]) != ok {
			t.Errorf("enough for %d IPv4 and %d IPv6 = %t, want %t", want[0], want[1], !ok, ok)
		}
	}
}
