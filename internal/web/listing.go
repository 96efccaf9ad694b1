package web

import (
	"net/url"
	"strings"
)

// Column is the head of a column; without URL it cannot be sorted by.
type Column struct {
	Key    string // of its text
	URL    string // the same list in the order of this column
	Sorted string // ascending, descending, or "" = by another column
	Number bool
}

// Pager is where in a long list a page stands.
type Pager struct {
	First, Last, Count int // numbers of the rows shown, from 1 on; Count = all rows of the search
	Back, Next         string
	Dialog             bool // the list stands in a dialog
}

// PagerOf is the pager of a list that shows shown rows from offset on; link makes the address of the list from there.
func PagerOf(offset, limit, shown, count int, link func(offset int) string) Pager {
	p := Pager{First: min(offset+1, count), Last: offset + shown, Count: count}
	if offset > 0 {
		p.Back = link(max(offset-limit, 0))
	}
	if p.Last < count {
		p.Next = link(offset + limit)
	}
	return p
}

// Pair is a field that a form sends along.
type Pair struct{ Name, Value string }

// Hidden are the fields that a form of method get needs so that it leads to a page: a browser drops the query of its address.
func (s Site) Hidden(page string, query ...any) []Pair {
	_, raw, _ := strings.Cut(s.To(page, query...), "?")
	var pairs []Pair
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		n, errName := url.QueryUnescape(name)
		v, errValue := url.QueryUnescape(value)
		if errName == nil && errValue == nil && n != "" {
			pairs = append(pairs, Pair{n, v})
		}
	}
	return pairs
}
