package roster

import "math/bits"

// bitset holds rows by number.
type bitset []uint64

func newBitset(rows int) bitset { return make(bitset, (rows+63)/64) }

func (b bitset) set(row uint32)      { b[row>>6] |= 1 << (row & 63) }
func (b bitset) clear(row uint32)    { b[row>>6] &^= 1 << (row & 63) }
func (b bitset) has(row uint32) bool { return b[row>>6]>>(row&63)&1 != 0 }

func (b bitset) and(other bitset) {
	for i := range b {
		b[i] &= other[i]
	}
}

func (b bitset) or(other bitset) {
	for i := range b {
		b[i] |= other[i]
	}
}

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// each yields the rows, lowest first; it may clear the one it was given.
func (b bitset) each(yield func(row uint32) bool) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			if !yield(uint32(i)<<6 | uint32(bits.TrailingZeros64(word))) { //nolint:gosec // rows are counted in 32 bits
				return
			}
		}
	}
}
