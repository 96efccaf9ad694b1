package cloudflare

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// Apply implements dns.Provider.
func (z *Zone) Apply(ctx context.Context, changes []dns.Change) []dns.Result {
	results := make([]dns.Result, len(changes))
	if rounds := z.rounds(changes, results); len(rounds) > 0 {
		z.carryOut(ctx, rounds)
	}
	for i := range results {
		results[i].Err, results[i].Warning = z.secrets.Error(results[i].Err), z.secrets.Clean(results[i].Warning)
	}
	return results
}

func (z *Zone) carryOut(ctx context.Context, rounds [][]*order) {
	done, err := z.turn.take(ctx)
	if err == nil {
		defer done()
	}
	for _, orders := range rounds {
		if err != nil {
			giveUp(orders, err)
			continue
		}
		z.round(ctx, orders)
	}
}

// rounds puts changes of the same set into different rounds, and refuses those that have no place here.
func (z *Zone) rounds(changes []dns.Change, results []dns.Result) [][]*order {
	type set struct {
		name string
		t    dns.Type
	}
	before := map[set]int{}
	var rounds [][]*order
	for i, c := range changes {
		switch {
		case !dns.Match(c.Name, z.name):
			results[i].Err = complain(dns.ErrRefused, "%s is not in the zone %s; nothing was sent.", c.Name, z.name)
			continue
		case c.Type != dns.A && c.Type != dns.AAAA && c.Type != dns.PTR:
			results[i].Err = complain(dns.ErrRefused, "Records of the type %s are not kept.", c.Type)
			continue
		}
		n := before[set{c.Name, c.Type}]
		before[set{c.Name, c.Type}]++
		if n == len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[n] = append(rounds[n], &order{change: c, result: &results[i]})
	}
	return rounds
}

// round repeats attempts until nothing is left that passes by itself.
func (z *Zone) round(ctx context.Context, orders []*order) {
	attempt := 0
	_, err := wire.Retry(ctx, z.tries, func() (struct{}, error) {
		attempt++
		err := z.attempt(ctx, open(orders))
		if err != nil {
			z.log.InfoContext(ctx, "records not all in place", "attempt", attempt, "error", z.secrets.Error(err))
		}
		return struct{}{}, err
	})
	giveUp(open(orders), err)
}

func open(orders []*order) []*order {
	var left []*order
	for _, o := range orders {
		if !o.done {
			left = append(left, o)
		}
	}
	return left
}

// attempt looks and writes once. The error is what keeps orders open: a lasting one is about the zone and ends them all.
func (z *Zone) attempt(ctx context.Context, orders []*order) error {
	if err := z.prove(ctx); err != nil {
		return err
	}
	there, err := z.look(ctx, names(orders))
	if err != nil {
		return z.explain(ctx, err)
	}
	var groups [][]op
	for _, o := range orders {
		if ops := o.plan(there[o.change.Name]); len(ops) > 0 {
			groups = append(groups, ops)
		}
	}
	w := writer{z: z}
	if err := w.write(ctx, groups); err != nil {
		return z.explain(ctx, err)
	}
	for _, o := range orders {
		o.done = o.done || o.result.Err == nil
	}
	if left := open(orders); len(left) > 0 {
		return left[0].result.Err
	}
	return nil
}

// giveUp closes what is open still. A record that Cloudflare says is there and does not list is there.
func giveUp(orders []*order, err error) {
	for _, o := range orders {
		switch last := o.result.Err; {
		case dns.Lasting(err):
			o.close(err)
		case says(last, codeExists, codeIdentical):
			o.close(nil)
			o.result.Warning = "Cloudflare says that the record exists, but does not list it; its TTL was not compared."
		case last == nil:
			o.close(inTime(err))
		default:
			o.close(inTime(last))
		}
	}
}

// inTime gives the end of a context a text for people.
func inTime(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return complain(err, "There was no time left to ask Cloudflare; it is tried again.")
	}
	return err
}
