// Package pools is the page of address pools: their list, the forms that change them, who has their addresses, and CSV.
package pools

import (
	"context"
	"errors"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Book lists and changes the pools.
type Book interface {
	Servers(ctx context.Context) ([]pools.Server, error)
	Pools(ctx context.Context) ([]pools.Pool, error)
	Pool(ctx context.Context, id int64) (pools.Pool, error)
	Add(ctx context.Context, by int64, f ippool.Form) (int64, error)
	Edit(ctx context.Context, by, id int64, seen string, f ippool.Form) error
	Delete(ctx context.Context, by, id int64) error
	Addresses(ctx context.Context, id int64, f pools.Filter) (pools.Page, error)
	Keep(ctx context.Context, by, poolID int64, address, note string) error
	Release(ctx context.Context, by, poolID int64, address string) error
	Import(ctx context.Context, by int64, text string) (pools.Imported, error)
}

var _ Book = (*pools.Book)(nil)

type page struct {
	book Book
	web  *web.Pages
}

// New is the page over a book.
func New(b Book, w *web.Pages) pages.Page {
	p := &page{b, w}
	return pages.Page{
		Show: map[string]pages.Handler{
			"": p.list, "add": p.adding, "edit": p.editing, "hint": p.hint, "delete": p.deleting, "addresses": p.addresses,
			"keep": p.keeping, "release": p.releasing, "import": p.importing, "export": p.export,
		},
		Do: map[string]pages.Handler{
			"add": p.add, "edit": p.edit, "delete": p.delete, "keep": p.keep, "release": p.release, "import": p.imports,
		},
	}
}

// told turns what a person can mend into a sentence for him.
func told(err error) error {
	if use, ok := errors.AsType[pools.InUseError](err); ok {
		return desk.Sentence(use.Error())
	}
	for _, known := range []error{pools.ErrNoPool, pools.ErrChanged} {
		if errors.Is(err, known) {
			text := known.Error()
			return desk.Sentence(strings.ToUpper(text[:1]) + text[1:] + ".")
		}
	}
	if faults, ok := errors.AsType[ippool.FormErrors](err); ok {
		return desk.Sentence(faults.Error())
	}
	return err
}
