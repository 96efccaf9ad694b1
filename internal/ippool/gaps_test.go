package ippool_test

import (
	"iter"
	"math/big"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestGaps_agreesWithLookingAtEveryAddress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPool(t)
		used := drawUsed(t, p)
		limit := rapid.IntRange(-1, 400).Draw(t, "limit")
		got := ippool.Gaps(p, slices.Values(used), limit)
		want := naiveGaps(p, used, limit)
		if !slices.Equal(got, want) {
			t.Fatalf("Gaps(%v - %v, gateway %v, used %v, %d)\n got %v\nwant %v", p.First, p.Last, p.Gateway, used, limit, got, want)
		}
	})
}

func TestGaps_boundaries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, last, gateway string
		used                 []string
		limit                int
		want                 []string
	}{
		"lowest first":             {"192.0.2.1", "192.0.2.9", "192.0.2.1", nil, 2, []string{"192.0.2.2", "192.0.2.3"}},
		"hole in the middle":       {"192.0.2.1", "192.0.2.5", "192.0.2.1", []string{"192.0.2.2", "192.0.2.4", "192.0.2.5"}, 9, []string{"192.0.2.3"}},
		"only the gateway is left": {"192.0.2.1", "192.0.2.2", "192.0.2.1", []string{"192.0.2.2"}, 1, nil},
		"one address":              {"192.0.2.7", "192.0.2.7", "192.0.2.1", nil, 3, []string{"192.0.2.7"}},
		"end of IPv4":              {"255.255.255.254", "255.255.255.255", "192.0.2.1", []string{"255.255.255.255"}, 3, []string{"255.255.255.254"}},
		"end of IPv4, free":        {"255.255.255.254", "255.255.255.255", "192.0.2.1", []string{"255.255.255.254"}, 3, []string{"255.255.255.255"}},
		"doubles":                  {"192.0.2.1", "192.0.2.3", "192.0.2.9", []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"}, 3, []string{"192.0.2.3"}},
		"IPv4 in IPv6 clothes":     {"192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", []string{"::ffff:192.0.2.2"}, 3, nil},
		"reversed range":           {"192.0.2.9", "192.0.2.1", "192.0.2.1", nil, 3, nil},
		"mixed families":           {"192.0.2.9", "2001:db8::1", "192.0.2.1", nil, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ippool.Pool{First: addr(c.first), Last: addr(c.last), Network: ippool.Network{Gateway: addr(c.gateway)}}
			got := ippool.Gaps(p, slices.Values(addrs(c.used)), c.limit)
			if want := addrs(c.want); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestGaps_doesNotEnumerate(t *testing.T) {
	t.Parallel()
	p := ippool.Pool{First: addr("2001:db8::"), Last: addr("2001:db8::ffff:ffff:ffff:ffff"), Network: ippool.Network{Gateway: addr("2001:db8::1")}}
	start := time.Now()
	got := ippool.Gaps(p, slices.Values(addrs([]string{"2001:db8::"})), 1)
	if took := time.Since(start); took > 50*time.Millisecond {
		t.Errorf("one address of a /64 took %v, want microseconds", took)
	}
	if want := addr("2001:db8::2"); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want [%v]", got, want)
	}
}

func TestGaps_stopsReadingAtTheLimit(t *testing.T) {
	t.Parallel()
	p := ippool.Pool{First: addr("2001:db8::"), Last: addr("2001:db8::ffff"), Network: ippool.Network{Gateway: addr("2001:db8::1")}}
	read := 0
	ippool.Gaps(p, counted([]string{"2001:db8::", "2001:db8::5", "2001:db8::6", "2001:db8::7"}, &read), 2)
	if read != 2 {
		t.Errorf("read %d used addresses, want 2: both gaps lie below the second", read)
	}
	read = 0
	ippool.Gaps(p, counted([]string{"2001:db8::1:0", "2001:db8::1:1", "2001:db8::1:2"}, &read), 100_000)
	if read != 1 {
		t.Errorf("read %d used addresses, want 1: the first lies behind the pool", read)
	}
}

func TestSize_countsBothEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, last, want string }{
		{"2001:db8::2", "2001:db8::50", "79"},
		{"192.0.2.2", "192.0.2.30", "29"},
		{"192.0.2.2", "192.0.2.2", "1"},
		{"192.0.2.3", "192.0.2.2", "0"},
		{"2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", "18446744073709551616"},
		{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "340282366920938463463374607431768211456"},
	} {
		want, _ := new(big.Int).SetString(c.want, 10)
		if got := ippool.Size(ippool.Pool{First: addr(c.first), Last: addr(c.last)}); got.Cmp(want) != 0 {
			t.Errorf("Size(%s - %s) = %v, want %v", c.first, c.last, got, want)
		}
	}
}

func TestOverlaps_isMutualAndMeansACommonAddress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPool(t), drawPool(t)
		common := false
		for x := a.First; x.IsValid() && !a.Last.Less(x); x = x.Next() {
			common = common || ippool.Contains(b, x)
		}
		if got := ippool.Overlaps(a, b); got != common {
			t.Fatalf("Overlaps(%v - %v, %v - %v) = %v, want %v", a.First, a.Last, b.First, b.Last, got, common)
		}
		if ippool.Overlaps(a, b) != ippool.Overlaps(b, a) {
			t.Fatalf("Overlaps depends on the order of %v - %v and %v - %v", a.First, a.Last, b.First, b.Last)
		}
	})
}

func TestOverlaps_onlyWithinOneNetwork(t *testing.T) {
	t.Parallel()
	base := ippool.Pool{ServerID: 1, First: addr("192.0.2.1"), Last: addr("192.0.2.9"), Network: ippool.Network{Bridge: "vmbr0", VLAN: 3}}
	otherServer, otherBridge, otherVLAN := base, base, base
	otherServer.ServerID, otherBridge.Bridge, otherVLAN.VLAN = 2, "vmbr1", 4
	for _, other := range []ippool.Pool{otherServer, otherBridge, otherVLAN} {
		if ippool.Overlaps(base, other) {
			t.Errorf("%+v overlaps %+v, want no overlap", base, other)
		}
	}
	if !ippool.Overlaps(base, base) {
		t.Error("a pool does not overlap itself")
	}
}

func addrs(texts []string) []netip.Addr {
	var list []netip.Addr
	for _, text := range texts {
		list = append(list, addr(text))
	}
	return list
}

func counted(texts []string, read *int) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for _, text := range texts {
			*read++
			if !yield(addr(text)) {
				return
			}
		}
	}
}
