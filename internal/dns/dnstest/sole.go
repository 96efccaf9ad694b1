package dnstest

import (
	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// soleCases are about reverse names, which stand alone.
func soleCases() []sample {
	return []sample{
		{"PTR, and again without a write", ptrTwice},
		{"PTR gets another name", ptrRename},
		{"foreign PTR stays", ptrForeign},
		{"foreign PTR beside ours", ptrForeignBesideOurs},
		{"foreign PTR is taken over", ptrTakeOver},
		{"foreign PTR survives the removal of ours", ptrRemove},
	}
}

func ptr(name string, add ...string) dns.Change {
	c := set(name, dns.PTR, add...)
	c.Sole = true
	return c
}

func ptrTwice(b *bench) {
	c := ptr(b.at("10"), "vm1.example.net")
	b.one(c)
	b.holds(c.Name, dns.PTR, "vm1.example.net")
	b.silent(func() { b.one(c) })
}

func ptrRename(b *bench) {
	c := ptr(b.at("10"), "vm1.example.net")
	b.one(c)
	c.Add, c.Remove = []string{"vm2.example.net"}, []string{"vm1.example.net"}
	b.one(c)
	b.holds(c.Name, dns.PTR, "vm2.example.net")
}

func ptrForeign(b *bench) {
	c := ptr(b.at("10"), "vm1.example.net")
	b.Plant(b, c.Name, dns.PTR, "theirs.example.net")
	b.silent(func() { b.fails(dns.ErrForeign, c) })
	b.holds(c.Name, dns.PTR, "theirs.example.net")
}

func ptrForeignBesideOurs(b *bench) {
	c := ptr(b.at("10"), "vm1.example.net")
	b.Plant(b, c.Name, dns.PTR, "theirs.example.net", "vm1.example.net")
	b.silent(func() { b.fails(dns.ErrForeign, c) })
	b.holds(c.Name, dns.PTR, "theirs.example.net", "vm1.example.net")
}

func ptrTakeOver(b *bench) {
	c := ptr(b.at("10"), "vm1.example.net")
	c.TakeOver = true
	b.Plant(b, c.Name, dns.PTR, "theirs.example.net")
	b.one(c)
	b.holds(c.Name, dns.PTR, "vm1.example.net")
	b.silent(func() { b.one(c) })
}

// ptrRemove removes only: Sole is about adding.
func ptrRemove(b *bench) {
	c := ptr(b.at("10"))
	c.Remove = []string{"vm1.example.net"}
	b.Plant(b, c.Name, dns.PTR, "theirs.example.net", "vm1.example.net")
	b.one(c)
	b.holds(c.Name, dns.PTR, "theirs.example.net")
}
