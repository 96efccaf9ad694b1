package roster

import (
	"bytes"
	"unicode/utf8"
)

// haystack holds many short texts and finds those that contain something. Beside the texts there is a table of bits: one row
// of it for each of a few hundred kinds of three letters in sequence, with a bit for each text that has one of that kind.
// What contains a longer text has all its kinds, so that nearly all texts are ruled out without being looked at.
type haystack struct {
	text  []byte
	ends  []uint32 // of each text
	table []uint64
	words int // of one kind in table
}

const (
	kindBits = 9
	kinds    = 1 << kindBits
	gram     = 3 // letters
)

func (h *haystack) size() int { return len(h.ends) }

// close ends the text that was appended to h.text.
func (h *haystack) close() { h.ends = append(h.ends, uint32(len(h.text))) } //nolint:gosec // a list of 4 GiB is none to page through

func (h *haystack) begin(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	return h.ends[n-1]
}

func (h *haystack) at(n uint32) []byte { return h.text[h.begin(n):h.ends[n]] }

// sign makes the table when all texts are in. An odd number of cache lines between kinds keeps them out of each other's way.
func (h *haystack) sign() {
	h.words = (h.size()+511)/512*8 | 8
	h.table = make([]uint64, kinds*h.words)
	for n := range uint32(h.size()) { //nolint:gosec // see close
		text, word, bit := h.at(n), int(n>>6), uint64(1)<<(n&63)
		for i := gram; i <= len(text); i++ {
			h.table[kindOf(text[i-gram:i])*h.words+word] |= bit
		}
	}
}

func kindOf(three []byte) int {
	const spread = 0x9E3779B1 // scatters neighbours
	n := uint32(three[0])<<16 | uint32(three[1])<<8 | uint32(three[2])
	return int(n * spread >> (32 - kindBits))
}

// find lists the texts that contain what, which is in lower case as they are.
func (h *haystack) find(what string) bitset {
	found := newBitset(h.size())
	if len(what) < gram {
		h.scan(found, []byte(what))
		return found
	}
	needle := []byte(what)
	copy(found, h.kind(needle[:gram]))
	for i := gram + 1; i <= len(needle); i++ {
		found.and(h.kind(needle[i-gram : i]))
	}
	for n := range found.each {
		if !bytes.Contains(h.at(n), needle) {
			found.clear(n)
		}
	}
	return found
}

func (h *haystack) kind(three []byte) bitset {
	k := kindOf(three)
	return h.table[k*h.words : (k+1)*h.words]
}

func (h *haystack) scan(found bitset, needle []byte) {
	for n := range uint32(h.size()) { //nolint:gosec // see close
		if bytes.Contains(h.at(n), needle) {
			found.set(n)
		}
	}
}

// appendLower appends text in lower case.
func appendLower(to, text []byte) []byte {
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return append(to, bytes.ToLower(text[i:])...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}
