package roster

import (
	"context"
	"log/slog"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Source reads the database; implemented by internal/store/roster.
type Source interface {
	// Index reads all machines for the index.
	Index(ctx context.Context) (*Index, error)
	// Machines reads these services' machines in full, in any order; those that have gone altogether are left out.
	Machines(ctx context.Context, ids []int64) ([]Machine, error)
}

// Page is what a query finds.
type Page struct {
	Selection

	Machines []Machine // those of IDs that are there still
}

// List answers queries. It is safe for concurrent use.
type List struct {
	source Source
	shelf  shelf
}

// NewList reads from source. The clock must run with real time.
func NewList(source Source, c clock.Clock, log *slog.Logger) *List {
	return &List{source: source, shelf: shelf{read: source.Index, clock: c, log: log}}
}

// Changed says that this process has changed machines: the next page is made of an index that knows it.
func (l *List) Changed() { l.shelf.changed() }

// Page finds a page. Its rows are of this moment; which they are may be a few seconds old in a large installation.
func (l *List) Page(ctx context.Context, q Query) (Page, error) {
	x, err := l.shelf.current(ctx)
	if err != nil {
		return Page{}, err
	}
	p := Page{Selection: x.Select(q)}
	if len(p.IDs) == 0 {
		return p, nil
	}
	rows, err := l.source.Machines(ctx, p.IDs)
	if err != nil {
		return Page{}, err
	}
	p.Machines = inOrder(p.IDs, rows)
	return p, nil
}

// Machines reads machines in full, in the order of ids; those that have gone altogether are left out.
func (l *List) Machines(ctx context.Context, ids []int64) ([]Machine, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := l.source.Machines(ctx, ids)
	return inOrder(ids, rows), err
}

func inOrder(ids []int64, rows []Machine) []Machine {
	at := make(map[int64]*Machine, len(rows))
	for i := range rows {
		at[rows[i].ServiceID] = &rows[i]
	}
	list := make([]Machine, 0, len(rows))
	for _, id := range ids {
		if m := at[id]; m != nil {
			list = append(list, *m)
		}
	}
	return list
}
