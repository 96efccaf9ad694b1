package pools

import (
	"context"
	"errors"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// pool is the one that the address names.
func (p *page) pool(ctx context.Context, r *pages.Request) (pools.Pool, error) {
	id, err := r.ID()
	if err != nil {
		return pools.Pool{}, err
	}
	pool, err := p.book.Pool(ctx, id)
	return pool, told(err)
}

func (p *page) deleting(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	pool, err := p.pool(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	html, err := p.web.PoolEnd(web.PoolEnd{Site: r.Site, Action: r.To(r.Page, "part", "delete", "id", pool.ID), Pool: rowOf(pool)})
	return pages.Answer{Title: p.web.Text("pool_deleting"), HTML: html}, err
}

func (p *page) delete(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	if err := p.book.Delete(ctx, r.Admin, id); err != nil {
		return pages.Answer{}, told(err)
	}
	return pages.Done(r, "pool_deleted"), nil
}

func (p *page) importing(_ context.Context, r *pages.Request) (pages.Answer, error) {
	return p.importForm(r, "", nil)
}

func (p *page) imports(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	text := r.Form.Get("csv")
	done, err := p.book.Import(ctx, r.Admin, text)
	if faults, ok := errors.AsType[ippool.LineErrors](err); ok {
		return p.importForm(r, text, faults)
	}
	if err != nil {
		return pages.Answer{}, told(err)
	}
	return pages.Done(r, "pools_imported", "added", done.Added, "same", done.Same), nil
}

// faultsShown of an import; whoever mends these finds the others at the next try.
const faultsShown = 50

func (p *page) importForm(r *pages.Request, text string, faults ippool.LineErrors) (pages.Answer, error) {
	v := web.ImportForm{Site: r.Site, Action: r.To(r.Page, "part", "import"), Text: text, Columns: strings.Join(ippool.Fields(), ",")}
	for _, f := range faults[:min(len(faults), faultsShown)] {
		v.Faults = append(v.Faults, f.String())
	}
	v.More = len(faults) - len(v.Faults)
	html, err := p.web.ImportForm(v)
	return pages.Answer{Title: p.web.Text("import_title"), HTML: html}, err
}

func (p *page) export(ctx context.Context, _ *pages.Request) (pages.Answer, error) {
	list, err := p.book.Pools(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	forms := make([]ippool.Form, len(list))
	for i, pool := range list {
		forms[i] = pool.Form
	}
	var text strings.Builder
	if err := ippool.WriteCSV(&text, forms); err != nil {
		return pages.Answer{}, err
	}
	return pages.Answer{File: &pages.File{Name: "ip-pools.csv", Type: "text/csv; charset=utf-8", Body: text.String()}}, nil
}
