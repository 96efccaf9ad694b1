package home

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// gauge knows how full the pools are. Counting reads what every service shows, so a large installation is counted now and then.
type gauge struct {
	book  *pools.Book
	clock clock.Clock

	mu    sync.Mutex
	until time.Time
	last  []web.Fill
}

// patience is how many times its own cost a count is good for.
const patience = 20

// fills are the pools, the fullest first: those are the next to run out.
func (g *gauge) fills(ctx context.Context) ([]web.Fill, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	begin := g.clock.Now()
	if begin.Before(g.until) {
		return g.last, nil
	}
	list, err := g.book.Pools(ctx)
	if err != nil {
		return nil, err
	}
	g.last = nil
	for _, pool := range list {
		g.last = append(g.last, fillOf(pool))
	}
	slices.SortStableFunc(g.last, func(a, b web.Fill) int { return cmp.Compare(b.Percent, a.Percent) })
	g.last = g.last[:min(len(g.last), fillsShown)]
	end := g.clock.Now()
	g.until = end.Add(patience * end.Sub(begin))
	return g.last, nil
}

func fillOf(p pools.Pool) web.Fill {
	percent, _ := strconv.ParseFloat(p.Usage.Percent(), 64)
	return web.Fill{Name: p.ServerName + ", " + p.Form.Bridge + ": " + p.Form.Start + " - " + p.Form.Stop, Text: p.Usage.String(), Percent: percent}
}
