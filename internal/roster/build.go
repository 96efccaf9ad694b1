package roster

import (
	"cmp"
	"html"
	"slices"
	"strings"
)

// Builder gathers what an Index is made of, in any order, and makes it. Texts are as WHMCS and the records hold them; they are
// copied.
type Builder struct {
	clients, products, servers book
	services                   []service
	records                    []record
	worried                    map[int64]bool
	places                     map[int64]int64 // servers of machines whose service has gone
	raw                        []byte          // texts of services and records
}

// service is a row of tblhosting.
type service struct {
	id                      int64
	client, product, server int64
	status                  string
	addresses               span
	gone                    bool // there is none, only a record
}

// record is a row of puqProxmoxKVM_vm_info.
type record struct {
	id           int64
	vmid         uint32
	status       string
	name, revDNS span
}

// span is a piece of Builder.raw.
type span struct{ begin, end uint32 }

// NewBuilder makes an empty one.
func NewBuilder() *Builder {
	return &Builder{clients: newBook(), products: newBook(), servers: newBook(), worried: map[int64]bool{}, places: map[int64]int64{}}
}

// Client adds a client account.
func (b *Builder) Client(id int64, first, last, company string) {
	b.clients.add(id, Decoded(first+" "+last)+"\n"+Decoded(company))
}

// Product adds a product.
func (b *Builder) Product(id int64, name string) { b.products.add(id, Decoded(name)) }

// Server adds a server entry.
func (b *Builder) Server(id int64, name string) { b.servers.add(id, Decoded(name)) }

// Service adds a service; addresses is what WHMCS shows at it, the dedicated one first. Status is kept, not copied.
func (b *Builder) Service(id, client, product, server int64, status string, addresses []byte) {
	b.services = append(b.services, service{id: id, client: client, product: product, server: server, status: status, addresses: b.keep(addresses)})
}

// Record adds the record of a service; of two for one service the first counts. Status is kept, not copied.
func (b *Builder) Record(id int64, vmid int, status string, name, revDNS []byte) {
	n := uint32(max(vmid, 0)) //nolint:gosec // Proxmox's ids have nine digits
	b.records = append(b.records, record{id: id, vmid: n, status: status, name: b.keep(name), revDNS: b.keep(revDNS)})
}

// Worry says that a person should look at a machine.
func (b *Builder) Worry(id int64) { b.worried[id] = true }

// Strangers are the services with a record that were not added: of other products by now, or gone.
func (b *Builder) Strangers() []int64 {
	b.arrange()
	var list []int64
	for _, r := range b.records {
		if _, found := slices.BinarySearchFunc(b.services, r.id, service.compare); !found {
			list = append(list, r.id)
		}
	}
	return list
}

// Place says at which server a machine is whose service has gone.
func (b *Builder) Place(id, server int64) { b.places[id] = server }

func (b *Builder) keep(text []byte) span {
	begin := len(b.raw)
	b.raw = append(b.raw, text...)
	return span{uint32(begin), uint32(len(b.raw))} //nolint:gosec // see haystack
}

func (b *Builder) at(s span) []byte { return b.raw[s.begin:s.end] }

func (s service) compare(id int64) int { return cmp.Compare(s.id, id) }

// arrange sorts by service.
func (b *Builder) arrange() {
	slices.SortStableFunc(b.services, func(x, y service) int { return cmp.Compare(x.id, y.id) })
	slices.SortStableFunc(b.records, func(x, y record) int { return cmp.Compare(x.id, y.id) })
	b.services = slices.CompactFunc(b.services, func(x, y service) bool { return x.id == y.id })
	b.records = slices.CompactFunc(b.records, func(x, y record) bool { return x.id == y.id })
}

// Index makes the index; the builder is spent.
func (b *Builder) Index() *Index {
	b.arrange()
	for _, k := range []*book{&b.clients, &b.products, &b.servers} {
		k.sign()
	}
	x := &Index{clients: b.clients, products: b.products, servers: b.servers}
	w := writer{x: x, b: b, statuses: newCodes(), serviceStatuses: newCodes()}
	w.rows()
	x.own.sign()
	x.statuses, x.serviceStatuses = w.statuses.list, w.serviceStatuses.list
	return x
}

// Decoded undoes the entities that WHMCS's forms put into names.
func Decoded(text string) string {
	if !strings.Contains(text, "&") {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(html.UnescapeString(text))
}
