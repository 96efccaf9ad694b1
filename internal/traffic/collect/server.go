package collect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// answer is what a cluster said.
type answer struct {
	cluster hypervisor.Cluster
	guests  map[int]*hypervisor.GuestRef
	at      time.Time
}

// server books the services of a cluster from its answer, some while others are written down.
func (r *run) server(ctx context.Context, id int64, accounts []*traffic.Account, said answer, err error) {
	if err != nil {
		r.trouble(0, fmt.Errorf("server %d: %w", id, err))
		r.save(ctx, r.unread(accounts...)) // allowances go on without it
		return
	}
	open := make([][]opening, (len(accounts)+portion-1)/portion)
	var g errgroup.Group
	g.SetLimit(portionsAtOnce)
	for i := range open {
		g.Go(func() error {
			var plain []traffic.Update
			plain, open[i] = r.plain(accounts[i*portion:min(len(accounts), (i+1)*portion)], said)
			r.save(ctx, plain)
			return nil
		})
	}
	_ = g.Wait() // each reports for itself
	r.openings(ctx, said.cluster, slices.Concat(open...))
}

// plain books what counters say; open are services of which they do not say all.
func (r *run) plain(accounts []*traffic.Account, said answer) (plain []traffic.Update, open []opening) {
	plain = make([]traffic.Update, 0, len(accounts))
	for _, a := range accounts {
		next, known := said.reading(a)
		passage, tells := passage(a, next)
		switch {
		case !known || !tells:
			plain = append(plain, r.unread(a)...)
		case passage.Asks().IsZero():
			plain = append(plain, r.booked(a, next, passage, nil))
		default:
			open = append(open, opening{a, next, passage})
		}
	}
	return plain, open
}

// guests asks for the virtual machines of a cluster whose node is there to speak for them.
func (r *run) guests(ctx context.Context, serverID int64) (answer, error) {
	cluster, err := r.Fleet.Cluster(ctx, serverID)
	if err != nil {
		return answer{}, err
	}
	all, err := cluster.Resources(ctx)
	if err != nil {
		return answer{}, err
	}
	silent := map[string]bool{}
	for _, n := range all.Nodes {
		silent[n.Name] = !n.Online
	}
	guests := make(map[int]*hypervisor.GuestRef, len(all.Guests))
	for i := range all.Guests {
		if g := &all.Guests[i]; g.Counters.Known && !g.Template && !silent[g.Node] {
			guests[g.VMID] = g
		}
	}
	return answer{cluster, guests, r.Clock.Now().Truncate(time.Microsecond)}, nil // as the ledger keeps it
}

func (s answer) reading(a *traffic.Account) (_ traffic.Reading, known bool) {
	g, known := s.guests[a.VMID]
	if !known {
		return traffic.Reading{}, false
	}
	return traffic.Reading{
		Guest: a.Guest, Node: g.Node, At: s.at, Uptime: g.Counters.Uptime,
		Volume: traffic.Volume{In: g.Counters.In, Out: g.Counters.Out},
	}, true
}

// passage compares with the last reading, if it is one of the same order and young enough to be compared with.
func passage(a *traffic.Account, next traffic.Reading) (p traffic.Passage, tells bool) {
	if a.Last.At.IsZero() || a.Last.At.Before(a.Ordered) || next.At.Sub(a.Last.At) > traffic.Retention {
		return traffic.First(next, a.Ordered), true
	}
	return traffic.Between(a.Last, next)
}

// opening is a service whose counters do not say it all.
type opening struct {
	account *traffic.Account
	next    traffic.Reading
	passage traffic.Passage
}

// openings asks for averages and books, group by group.
func (r *run) openings(ctx context.Context, cluster hypervisor.Cluster, all []opening) {
	for some := range slices.Chunk(all, group) {
		updates := make([]*traffic.Update, len(some))
		var g errgroup.Group
		g.SetLimit(averagesAtOnce)
		for i, o := range some {
			g.Go(func() error {
				updates[i] = r.filled(ctx, cluster, o)
				return nil
			})
		}
		_ = g.Wait() // each reports for itself
		var ready []traffic.Update
		for _, u := range updates {
			if u != nil {
				ready = append(ready, *u)
			}
		}
		r.save(ctx, ready)
	}
}

// patience is how long a service waits for averages that cannot be read. They are kept for weeks, and its counters go on
// meanwhile; but it must not go unbilled for ever.
const patience = 24 * time.Hour

// filled books with averages; nil = not now.
func (r *run) filled(ctx context.Context, cluster hypervisor.Cluster, o opening) *traffic.Update {
	rows, err := cluster.Averages(ctx, o.next.Node, o.next.VMID, o.passage.Asks())
	if err != nil {
		r.trouble(o.account.ServiceID, err)
		if ctx.Err() != nil || o.next.At.Sub(o.account.Last.At) < patience {
			return nil
		}
	}
	averages := make([]traffic.Average, len(rows))
	for i, a := range rows {
		averages[i] = traffic.Average{Span: traffic.Span{From: a.From, To: a.To}, In: a.In, Out: a.Out}
	}
	u := r.booked(o.account, o.next, o.passage, averages)
	return &u
}
