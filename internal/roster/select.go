package roster

import "slices"

// Selection is a page of an index.
type Selection struct {
	IDs      []int64 // services, in order
	Page     int     // from 1
	Pages    int     // at least 1
	Matching int     // machines on all pages
	All      int     // machines there are
}

const usualSize = 10

// Select finds the page that q asks for.
func (x *Index) Select(q Query) Selection {
	if !slices.Contains(Columns(), q.Sort) {
		q.Sort = ByService
	}
	if q.Size <= 0 {
		q.Size = usualSize
	}
	matching := x.matching(q)
	s := Selection{Matching: len(x.ids), All: len(x.ids)}
	if matching != nil {
		s.Matching = matching.count()
	}
	s.Pages = max(1, (s.Matching+q.Size-1)/q.Size)
	s.Page = min(max(1, q.Page), s.Pages)
	begin := (s.Page - 1) * q.Size
	s.IDs = x.page(q, matching, begin, min(begin+q.Size, s.Matching), s.Matching)
	return s
}

// matching are the machines that the filters let through; nil = all.
func (x *Index) matching(q Query) bitset {
	var found bitset
	if words := needles(q.Search); len(words) > 0 {
		found = x.search(words)
	}
	found = keep(found, x.serviceStatus, x.serviceStatuses, q.ServiceStatus)
	return keep(found, x.status, x.statuses, q.Status)
}

// keep leaves those of found (nil = all) whose column has the wanted text; "" wants nothing in particular.
func keep(found bitset, column []uint16, texts []string, want string) bitset {
	if want == "" {
		return found
	}
	having, code := newBitset(len(column)), slices.Index(texts, want)
	for row, c := range column {
		if int(c) == code {
			having.set(uint32(row))
		}
	}
	if found != nil {
		having.and(found)
	}
	return having
}

// search looks for machines that contain one of the texts, themselves or in the names they share with others.
func (x *Index) search(texts []string) bitset {
	found := newBitset(len(x.ids))
	for n, text := range texts {
		found.or(x.own.find(text))
		if n > 0 {
			continue // the others are addresses
		}
		x.shared(found, &x.clients, x.client, text)
		x.shared(found, &x.products, x.product, text)
		x.shared(found, &x.servers, x.server, text)
	}
	return found
}

func (x *Index) shared(found bitset, k *book, of []uint32, text string) {
	names := k.find(text)
	if names.count() == 0 {
		return
	}
	for row, n := range of {
		if names.has(n) {
			found.set(uint32(row))
		}
	}
}

// fewRows are sorted by themselves; that is faster than going through the order of all.
const fewRows = 1000

// page lists the services from begin to end of those matching, of which there are count.
func (x *Index) page(q Query, matching bitset, begin, end, count int) []int64 {
	if q.Descending {
		begin, end = count-end, count-begin
	}
	rows := x.ordered(q.Sort, matching, begin, end, count)
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, x.ids[row])
	}
	if q.Descending {
		slices.Reverse(ids)
	}
	return ids
}

func (x *Index) ordered(by Column, matching bitset, begin, end, count int) []uint32 {
	if matching == nil {
		return x.order(by)[begin:end]
	}
	if count <= fewRows {
		rows := slices.AppendSeq(make([]uint32, 0, count), matching.each)
		slices.SortFunc(rows, x.compare(by))
		return rows[begin:end]
	}
	rows, seen := make([]uint32, 0, end-begin), 0
	for _, row := range x.order(by) {
		if !matching.has(row) {
			continue
		}
		if seen >= begin {
			rows = append(rows, row)
		}
		if seen++; seen == end {
			break
		}
	}
	return rows
}
