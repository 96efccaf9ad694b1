package roster

import (
	"context"
	"sync"
)

// Outcome is what came of a deed for one service.
type Outcome struct {
	ServiceID int64
	Err       error
}

// atOnce bounds what a selection asks of the database at one time.
const atOnce = 4

// Each does something for every service of a selection, once each, a few at a time; outcomes are in the order of ids. When ctx
// ends, the rest is not done and says so.
func Each(ctx context.Context, ids []int64, do func(ctx context.Context, serviceID int64) error) []Outcome {
	list := distinct(ids)
	work := make(chan *Outcome)
	var wg sync.WaitGroup
	for range min(atOnce, len(list)) {
		wg.Go(func() {
			for o := range work {
				if o.Err = ctx.Err(); o.Err == nil {
					o.Err = do(ctx, o.ServiceID)
				}
			}
		})
	}
	for n := range list {
		work <- &list[n]
	}
	close(work)
	wg.Wait()
	return list
}

func distinct(ids []int64) []Outcome {
	list, seen := make([]Outcome, 0, len(ids)), make(map[int64]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, Outcome{ServiceID: id})
		}
	}
	return list
}
