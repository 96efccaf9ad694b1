package addresses

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// picked is a candidate on its way, with the list it came from.
type picked struct {
	lease ippool.Lease
	from  *source
	kept  bool // wished for by address, not because it is free
}

// lease carries out a batch. When the transaction fails, each request gets one of its own, so that it fails only for
// its own reasons; looking first what it holds makes that safe even if the failed one was committed after all.
func (b *Book) lease(ctx context.Context, batch []*request) {
	g := grant{b: b, requests: batch}
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error { return g.topUp(ctx, q) })
	g.settle(err == nil)
	switch {
	case err == nil:
	case len(batch) == 1:
		batch[0].err = err
	default:
		for _, r := range batch {
			b.lease(ctx, []*request{r})
		}
	}
}

// grant is the transaction of a batch.
type grant struct {
	b        *Book
	requests []*request
	spare    []picked // candidates of a try that the server rolled back, or of a request that failed
}

// maxCollisions is how often other processes may be faster within one transaction.
const maxCollisions = 20

// topUp is one try of the transaction.
func (g *grant) topUp(ctx context.Context, q *sqlx.Tx) error {
	for _, r := range g.requests {
		r.err = nil
		g.drop(r)
	}
	states, err := lockHeld(ctx, q, g.requests)
	if err != nil {
		return err
	}
	for try := range maxCollisions {
		if err := g.plan(ctx, q, states); err != nil {
			return err
		}
		done, err := g.take(ctx, q, try > 0)
		if err != nil {
			return err
		}
		if done {
			return g.publish(ctx, q, states)
		}
	}
	return errors.New("other processes took every address that was tried; it will be tried again")
}

// take makes the candidates the services' own. Where that cannot be, it drops those that stand in the way and reports false.
func (g *grant) take(ctx context.Context, q *sqlx.Tx, again bool) (bool, error) {
	current, err := g.inForce(ctx, q)
	if err != nil || !current {
		return false, err
	}
	free, err := g.insert(ctx, q)
	if err != nil || free {
		return free, err
	}
	return false, g.dropTaken(ctx, q, again)
}

// plan picks candidates for every request until it has enough.
func (g *grant) plan(ctx context.Context, q *sqlx.Tx, states map[int64]*holding) error {
	for _, r := range g.requests {
		state := states[r.want.ServiceID]
		if r.err = state.refusal(); r.err != nil {
			continue
		}
		for _, f := range []struct{ family, n int }{{4, r.want.IPv4 - len(state.v4)}, {6, r.want.IPv6 - len(state.v6)}} {
			err := g.keep(ctx, q, r, state, f.family, f.n)
			if err == nil {
				err = g.pick(ctx, q, r, f.family, f.n)
			}
			if err != nil {
				return err
			}
		}
		if r.err != nil {
			g.drop(r)
		}
	}
	return nil
}

// pick adds candidates of one family until r has n of them; a lack of addresses is the request's own failure.
func (g *grant) pick(ctx context.Context, q *sqlx.Tx, r *request, family, n int) error {
	for n -= r.count(family); n > 0 && r.err == nil; n-- {
		p, err := g.next(ctx, q, r, family)
		switch {
		case pipeline.FaultOf(err) == pipeline.NeedsPerson:
			r.err = err
		case err != nil:
			return err
		default:
			r.fresh = append(r.fresh, p)
		}
	}
	return nil
}

// next is a candidate that nobody else in this process tries.
func (g *grant) next(ctx context.Context, q *sqlx.Tx, r *request, family int) (picked, error) {
	i := slices.IndexFunc(g.spare, func(p picked) bool { return p.from.serves(p.lease, r.want, family) })
	if i >= 0 {
		p := g.spare[i]
		g.spare = slices.Delete(g.spare, i, i+1)
		return p, nil
	}
	sources, faults, err := g.b.pools.sources(ctx, g.b, q, r.want, family)
	if err != nil {
		return picked{}, err
	}
	// First what the lists hold; if that is nothing, look again with lists made after this call began.
	for _, notBefore := range []time.Time{r.began.Add(-listLife), r.began} {
		for _, s := range sources {
			l, ok, err := s.pop(ctx, g.b, q, r.want, notBefore)
			if err != nil {
				return picked{}, err
			}
			if ok {
				return picked{lease: l, from: s}, nil
			}
		}
	}
	return picked{}, noAddress(r.want, family, len(sources), faults)
}

func (g *grant) publish(ctx context.Context, q *sqlx.Tx, states map[int64]*holding) error {
	var list []showing
	for _, r := range g.requests {
		if r.err != nil {
			continue
		}
		state := states[r.want.ServiceID]
		for _, p := range r.fresh {
			state.add(p.lease)
			if name := ippool.Expand(p.lease.Address); state.reverse[name] == "" {
				state.reverse[name] = state.domain
			}
		}
		r.held = slices.Concat(state.v4, state.v6)
		if len(r.fresh) > 0 {
			list = append(list, showing{r.want.ServiceID, r.held, state.reverse})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return publish(ctx, q, list)
}

// drop takes a request's candidates back; one that was wished for by address is nobody else's.
func (g *grant) drop(r *request) {
	for _, p := range r.fresh {
		if p.kept {
			p.from.landed(p.lease)
		} else {
			g.spare = append(g.spare, p)
		}
	}
	r.fresh = nil
}

// settle tells the lists what became of their candidates.
func (g *grant) settle(committed bool) {
	for _, r := range g.requests {
		if !committed {
			g.drop(r)
		}
		for _, p := range r.fresh {
			p.from.landed(p.lease)
		}
		r.fresh = nil
	}
	for _, p := range g.spare {
		p.from.putBack(p.lease)
	}
}

func noAddress(want ippool.Want, family, pools int, faults []string) error {
	place := fmt.Sprintf("bridge %s, VLAN %d", want.Bridge, want.VLAN)
	if want.Auto {
		place = "any bridge and VLAN"
	}
	advice := "add a larger pool or free addresses"
	if pools == 0 {
		advice = "add a pool for this server, bridge and VLAN"
	}
	sentence := fmt.Sprintf("no free IPv%d address on server %d (%s): %d pools match; %s", family, want.ServerID, place, pools, advice)
	return pipeline.WithFault(errors.New(strings.Join(append([]string{sentence}, faults...), "; ")), pipeline.NeedsPerson)
}
