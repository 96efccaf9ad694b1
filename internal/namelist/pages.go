package namelist

import (
	"bytes"
	"io"
)

const pageSize = 64 << 10

// pages hold bytes without the room and the copies that one growing slice needs.
type pages [][]byte

// Write never fails.
func (p *pages) Write(text []byte) (int, error) {
	for rest := text; len(rest) > 0; {
		last := len(*p) - 1
		if last < 0 || len((*p)[last]) == pageSize {
			*p = append(*p, make([]byte, 0, pageSize))
			last++
		}
		page := (*p)[last]
		n := copy(page[len(page):pageSize], rest)
		(*p)[last], rest = page[:len(page)+n], rest[n:]
	}
	return len(text), nil
}

func (p *pages) reader() io.Reader {
	list := make([]io.Reader, len(*p))
	for i, page := range *p {
		list[i] = bytes.NewReader(page)
	}
	return io.MultiReader(list...)
}
