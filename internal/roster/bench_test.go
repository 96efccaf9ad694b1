package roster

import (
	"fmt"
	"net/netip"
	"testing"
)

// large is an index of as many machines as the largest installation we plan for.
func large(n int) *Builder {
	b := NewBuilder()
	for id := range n / 5 {
		b.Client(int64(id+1), fmt.Sprintf("First%d", id*7919%9973), fmt.Sprintf("Last%d", id), "Company &amp; Sons")
	}
	b.Product(1, "VPS")
	b.Server(1, "pve")
	for id := range n {
		v4 := netip.AddrFrom4([4]byte{10, byte(id >> 16), byte(id >> 8), byte(id)})
		v6 := fmt.Sprintf("2001:0db8:0000:0000:0000:0000:%04x:%04x", id>>16, id&0xffff)
		name := fmt.Sprintf("vps-%d-%d", id%(n/5), id)
		b.Service(int64(id+1), int64(id*31%(n/5)+1), 1, 1, "Active", []byte(v4.String()+" "+v6))
		b.Record(int64(id+1), 100+id, "ready", []byte(name), fmt.Appendf(nil, `{"%s":"%s.example.net","%s":"mail%d.example.org"}`, v4, name, v6, id))
	}
	return b
}

func BenchmarkIndex(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		builder := large(100_000)
		b.StartTimer()
		builder.Index()
	}
}

func BenchmarkSelect(b *testing.B) {
	x := large(100_000).Index()
	b.Logf("own text %d bytes, table %d bytes", len(x.own.text), len(x.own.table)*8)
	for name, q := range map[string]Query{
		"first": {}, "last": {Page: 1e6}, "address": {Search: "10.0.200.17"}, "address6": {Search: "2001:db8::c811"}, "client": {Sort: ByClient},
		"client_last": {Sort: ByClient, Page: 1e6}, "many": {Search: "example", Sort: ByClient}, "short": {Search: "10"}, "nothing": {Search: "no such machine"},
		"filter": {ServiceStatus: "Active", Status: "ready"}, "somebody": {Search: "first123 last"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.Select(q)
			}
		})
	}
	b.Run("name_sort", func(b *testing.B) {
		for b.Loop() {
			x.orders = nil
			x.order(ByName)
		}
	})
	b.Run("client_sort", func(b *testing.B) {
		for b.Loop() {
			x.orders = nil
			x.order(ByClient)
		}
	})
}
