package namelist

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"
)

// Source reads what the list is made of; see internal/store/namerows for the contract.
type Source interface {
	Read(ctx context.Context, each func(serviceID int64, domain, names []byte) error) (mark string, err error)
	Mark(ctx context.Context) (string, error)
}

// Edition is the whole list as it was at one moment. It does not change.
type Edition struct {
	ETag string // strong, in quotes: equal for equal lists
	Size int64  // bytes of the JSON
	Junk Junk

	zipped pages
	mark   string
	made   time.Time
}

// Junk counts the services with reverse names that cannot be read, or with some and no domain.
type Junk struct {
	Services int
	First    int64 // id of the first of them
}

// Copy writes the JSON.
func (e *Edition) Copy(w io.Writer) error {
	list, err := gzip.NewReader(e.zipped.reader())
	if err == nil {
		_, err = io.CopyBuffer(w, list, make([]byte, 64<<10)) //nolint:gosec // we have compressed it ourselves
	}
	if err != nil {
		return fmt.Errorf("hand out the list of names: %w", err)
	}
	return nil
}

// newEdition reads the whole source.
func newEdition(ctx context.Context, s Source) (*Edition, error) {
	p := newPress()
	mark, err := s.Read(ctx, p.row)
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, err
	}
	etag := `"` + hex.EncodeToString(p.sum.Sum(nil)[:16]) + `"`
	return &Edition{ETag: etag, Size: p.size, Junk: p.junk, zipped: p.zipped, mark: mark}, nil
}

const flushAt = 64 << 10

// press turns rows into compressed JSON.
type press struct {
	zipped  pages
	zip     *gzip.Writer
	sum     hash.Hash
	size    int64
	page    []byte // JSON on its way into zip
	entries []entry
	comma   bool
	junk    Junk
}

func newPress() *press {
	p := &press{sum: sha256.New(), page: append(make([]byte, 0, flushAt+flushAt/4), '[')}
	p.zip, _ = gzip.NewWriterLevel(&p.zipped, gzip.BestSpeed) // only an unknown level is an error
	return p
}

// row adds a machine's entries.
func (p *press) row(serviceID int64, domain, names []byte) error {
	entries, ok := entriesOf(names, p.entries)
	domain = bytes.TrimSpace(decoded(domain))
	if !ok || len(entries) > 0 && !fit(domain) {
		p.junk.Services++
		p.junk.First = cmp.Or(p.junk.First, serviceID)
		return nil
	}
	p.entries = entries
	for _, e := range entries {
		if err := p.entry(domain, e); err != nil {
			return err
		}
	}
	return nil
}

func (p *press) entry(domain []byte, e entry) error {
	if p.comma {
		p.page = append(p.page, ',')
	}
	p.comma = true
	p.page = appendText(append(p.page, `{"forward":"`...), domain)
	p.page = append(append(p.page, `","ip":"`...), e.ip...)
	p.page = appendText(append(p.page, `","reverse":"`...), e.reverse)
	p.page = append(p.page, `"}`...)
	if len(p.page) < flushAt {
		return nil
	}
	return p.flush()
}

func (p *press) flush() error {
	p.size += int64(len(p.page))
	_, _ = p.sum.Write(p.page) // a hash never fails to write
	_, err := p.zip.Write(p.page)
	p.page = p.page[:0]
	return err
}

// end refuses a list that is empty only because nothing could be read.
func (p *press) end() error {
	if !p.comma && p.junk.Services > 0 {
		return fmt.Errorf("make the list of names: the names of none of %d services can be read, the first is service %d", p.junk.Services, p.junk.First)
	}
	p.page = append(p.page, ']')
	if err := p.flush(); err != nil {
		return err
	}
	return p.zip.Close()
}
