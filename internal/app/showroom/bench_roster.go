package showroom

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/rosterbench"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	rosterrows "github.com/kvmbridge/kvmbridge/internal/store/roster"
)

// vmList is the worst way to ask for a page of the list of machines, divided by its floor.
func vmList(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, err := newStage(ctx, 1, true)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	seeded := s.ground.WHMCS.Seeded
	if err := s.exec(ctx, "DELETE FROM tblhosting"); err != nil {
		return 0, err
	}
	list := roster.NewList(rosterrows.New(s.sidecar.store.Handle()), clock.System{}, slog.New(slog.DiscardHandler))
	all, err := rosterbench.Measure(ctx, rosterbench.Place{DB: benchDB{s}, List: list, ProductID: seeded.ProductID, ServerID: seeded.ServerID})
	if err != nil {
		return 0, err
	}
	say("floor vm_list: the index of 100,000 services is read in %s and holds %d MiB", all.Reading.Round(time.Millisecond), all.Index>>20)
	worst := 0.0
	for _, r := range all.Ways {
		say("floor vm_list: %s, %d rows: one indexed query p95 %s, the list %s, ratio %.2f", r.Name, r.Rows, r.Floor.Round(time.Microsecond), r.List.Round(time.Microsecond), r.Ratio())
		worst = max(worst, r.Ratio())
	}
	return worst, nil
}

// benchDB asks the sidecar's database.
type benchDB struct{ *stage }

func (d benchDB) Exec(ctx context.Context, query string) error { return d.exec(ctx, query) }

func (d benchDB) Select(ctx context.Context, dest any, query string) error {
	return d.sidecar.store.Handle().SelectContext(ctx, dest, query)
}
