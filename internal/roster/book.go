package roster

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// book holds names that many machines share, once each. Number 0 is the name of nobody.
type book struct {
	haystack

	numbers map[int64]uint32
	ranks   []uint32 // place of each in the order of names
}

func newBook() book {
	var b book
	b.numbers = map[int64]uint32{}
	b.close()
	return b
}

func (b *book) add(id int64, name string) {
	b.numbers[id] = uint32(b.size()) //nolint:gosec // see haystack
	b.text = append(b.text, strings.ToLower(name)...)
	b.close()
}

// sign makes the names searchable and sortable.
func (b *book) sign() {
	b.haystack.sign()
	order := make([]uint32, b.size())
	for n := range order {
		order[n] = uint32(n)
	}
	slices.SortFunc(order, func(x, y uint32) int { return cmp.Or(bytes.Compare(b.at(x), b.at(y)), cmp.Compare(x, y)) })
	b.ranks = make([]uint32, len(order))
	for rank, n := range order {
		same := rank > 0 && bytes.Equal(b.at(order[rank-1]), b.at(n))
		if b.ranks[n] = uint32(rank); same {
			b.ranks[n] = b.ranks[order[rank-1]]
		}
	}
}

// codes number the few different texts that a column has.
type codes struct {
	list []string
	of   map[string]uint16
}

func newCodes() codes { return codes{of: map[string]uint16{}} }

// code gives texts beyond the number of a code that of the last; there are some thirty.
func (c *codes) code(text string) uint16 {
	n, known := c.of[text]
	if !known {
		n = uint16(min(len(c.list), 1<<16-1))
		c.list, c.of[text] = append(c.list, text), n
	}
	return n
}
