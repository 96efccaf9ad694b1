package ippool_test

import (
	"net/netip"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// BenchmarkGaps finds one address in a /64, and in a /16 whose first nine tenths are taken.
func BenchmarkGaps(b *testing.B) {
	for name, c := range map[string]struct {
		first, last string
		taken       int
	}{
		"empty_64":   {"2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", 0},
		"full_16_90": {"10.1.0.0", "10.1.255.255", 58_982},
	} {
		p := ippool.Pool{First: addr(c.first), Last: addr(c.last)}
		used := func(yield func(netip.Addr) bool) {
			for i, a := 0, p.First; i < c.taken; i, a = i+1, a.Next() {
				if !yield(a) {
					return
				}
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := ippool.Gaps(p, used, 1); len(got) != 1 {
					b.Fatalf("got %v, want one address", got)
				}
			}
		})
	}
}
