package dns

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestPTRAddr_undoesPTRName(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var raw [16]byte
		for i := range raw {
			raw[i] = byte(r.UintN(256))
		}
		for _, a := range []netip.Addr{netip.AddrFrom16(raw), netip.AddrFrom4([4]byte(raw[:4]))} {
			name, err := PTRName(a)
			if err != nil {
				t.Fatal(err)
			}
			if back, ok := PTRAddr(name); !ok || back != a.Unmap() {
				t.Fatalf("%s at %s comes back as %s (%t)", a, name, back, ok)
			}
		}
	}
	for _, name := range []string{"", "in-addr.arpa", "2.0.192.in-addr.arpa", "010.2.0.192.in-addr.arpa", "a.b.ip6.arpa", "vm.example.org", "1.2.3.4.5.in-addr.arpa"} {
		if a, ok := PTRAddr(name); ok {
			t.Errorf("%q is taken for the reverse name of %s", name, a)
		}
	}
}
