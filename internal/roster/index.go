package roster

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Index knows every machine by a number, in the order of their services: what can be searched and sorted, not what is shown.
// It does not change, and is safe for concurrent use.
type Index struct {
	ids                        []int64
	vmids                      []uint32
	client, product, server    []uint32 // numbers in the books below
	status, serviceStatus      []uint16 // numbers in the lists below
	worried                    bitset
	own                        haystack // ids, names and addresses of each
	names                      []span   // of VMs, in own
	clients, products, servers book
	statuses, serviceStatuses  []string

	mu     sync.Mutex
	orders map[Column][]uint32
}

// Len is how many machines there are.
func (x *Index) Len() int { return len(x.ids) }

func (x *Index) name(row uint32) []byte { return x.own.text[x.names[row].begin:x.names[row].end] }

// writer fills an index out of a builder.
type writer struct {
	x                         *Index
	b                         *Builder
	statuses, serviceStatuses codes
}

// rows merges services with their records.
func (w *writer) rows() {
	services, records := w.b.services, w.b.records
	w.x.worried = newBitset(len(services) + len(records))
	const others = 40 // bytes of ids and of addresses in short
	w.x.own.text = make([]byte, 0, len(w.b.raw)+others*max(len(services), len(records)))
	for len(services) > 0 || len(records) > 0 {
		var s *service
		var r *record
		if len(records) == 0 || len(services) > 0 && services[0].id <= records[0].id {
			s, services = &services[0], services[1:]
		}
		if len(records) > 0 && (s == nil || s.id == records[0].id) {
			r, records = &records[0], records[1:]
		}
		w.row(s, r)
	}
}

// row adds a machine of a service, a record, or both.
func (w *writer) row(s *service, r *record) {
	x := w.x
	if s == nil {
		s = &service{id: r.id, server: w.b.places[r.id], gone: true}
	}
	if w.b.worried[s.id] {
		x.worried.set(uint32(len(x.ids))) //nolint:gosec // see haystack
	}
	if r == nil {
		r = new(record)
	}
	x.ids = append(x.ids, s.id)
	x.vmids = append(x.vmids, r.vmid)
	x.client = append(x.client, x.clients.numbers[s.client])
	x.product = append(x.product, x.products.numbers[s.product])
	x.server = append(x.server, x.servers.numbers[s.server])
	x.status = append(x.status, w.statuses.code(r.status))
	x.serviceStatus = append(x.serviceStatus, w.serviceStatuses.code(s.status))
	w.text(s, r)
}

// text adds what is searched of a machine alone, a line each.
func (w *writer) text(s *service, r *record) {
	own := &w.x.own
	begin := len(own.text)
	own.text = append(strconv.AppendInt(append(own.text, '#'), s.id, 10), '\n')
	if r.vmid != 0 {
		own.text = append(strconv.AppendUint(own.text, uint64(r.vmid), 10), '\n')
	}
	name := span{begin: uint32(len(own.text))} //nolint:gosec // see haystack
	own.text = appendLower(own.text, w.b.at(r.name))
	name.end = uint32(len(own.text)) //nolint:gosec // see haystack
	w.x.names = append(w.x.names, name)
	own.text = w.addresses(append(own.text, '\n'), begin, s, r)
	own.close()
}

// addresses appends the addresses with their names; a name that is there already is not written again.
func (w *writer) addresses(text []byte, begin int, s *service, r *record) []byte {
	shown := w.b.at(s.addresses)
	eachName(w.b.at(r.revDNS), func(address, name []byte) {
		at := len(text)
		if text = appendLower(text, name); bytes.Contains(text[begin:at], text[at:]) {
			text = text[:at]
		} else {
			text = append(text, '\n')
		}
		if s.gone { // WHMCS shows none
			shown = append(append(slices.Clip(shown), ' '), address...)
		}
	})
	for _, a := range ippool.ParseAddresses(string(shown)) {
		text = append(a.AppendTo(text), '\n')
		if a.Is6() {
			text = append(append(text, a.StringExpanded()...), '\n')
		}
	}
	return text
}

// compare compares machines by a column, those that are equal there by service.
func (x *Index) compare(by Column) func(a, b uint32) int {
	at := x.key(by)
	return func(a, b uint32) int { return cmp.Or(at(a, b), cmp.Compare(a, b)) }
}

func (x *Index) key(by Column) func(a, b uint32) int {
	ranked := func(of []uint32, k *book) func(a, b uint32) int {
		return func(a, b uint32) int { return cmp.Compare(k.ranks[of[a]], k.ranks[of[b]]) }
	}
	switch by {
	case ByClient:
		return ranked(x.client, &x.clients)
	case ByProduct:
		return ranked(x.product, &x.products)
	case ByServer:
		return ranked(x.server, &x.servers)
	case ByVMID:
		return func(a, b uint32) int { return cmp.Compare(x.vmids[a], x.vmids[b]) }
	case ByName:
		return func(a, b uint32) int { return bytes.Compare(x.name(a), x.name(b)) }
	case ByStatus:
		return func(a, b uint32) int { return cmp.Compare(x.statuses[x.status[a]], x.statuses[x.status[b]]) }
	case ByServiceStatus:
		return func(a, b uint32) int {
			return cmp.Compare(x.serviceStatuses[x.serviceStatus[a]], x.serviceStatuses[x.serviceStatus[b]])
		}
	case ByAttention:
		return func(a, b uint32) int { return cmp.Compare(x.worry(a), x.worry(b)) }
	case ByService:
	}
	return cmp.Compare[uint32]
}

func (x *Index) worry(row uint32) int {
	if x.worried.has(row) {
		return 1
	}
	return 0
}

// order lists all machines by a column; it is made when it is first asked for.
func (x *Index) order(by Column) []uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if order, made := x.orders[by]; made {
		return order
	}
	order := make([]uint32, len(x.ids))
	for n := range order {
		order[n] = uint32(n)
	}
	if by != ByService {
		slices.SortFunc(order, x.compare(by))
	}
	if x.orders == nil {
		x.orders = map[Column][]uint32{}
	}
	x.orders[by] = order
	return order
}

// prepare makes the orders that were asked of an earlier index.
func (x *Index) prepare(earlier *Index) {
	if earlier == nil {
		return
	}
	earlier.mu.Lock()
	var asked []Column
	for by := range earlier.orders {
		asked = append(asked, by)
	}
	earlier.mu.Unlock()
	for _, by := range asked {
		x.order(by)
	}
}
