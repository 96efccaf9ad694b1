// Package namelist is the list that dns.php gives to scripts which keep a DNS server themselves: forward name, address and
// reverse name of every address of every living machine, as one JSON array (product-spec §19).
//
// It owns who may read the list (counter.go, rules.go, limits.go), what stands in it (entries.go, text.go) and the newest
// edition of it in memory (list.go). The whole list is made before the first byte of it goes out: whoever reads an empty or
// shorter list deletes records, so a database that fails half-way must give an error and never less.
//
// It refuses to know SQL (internal/store/namerows) and HTTP (bridge). Called by the bridge.
package namelist
