package powerdns

import (
	"context"
	"fmt"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// set is one set of the zone and the changes to it.
type set struct {
	name   string
	typ    dns.Type
	orders []order
	was    state
	next   state
}

// job is one Apply.
type job struct {
	results []dns.Result
	sets    []*set
}

// Apply implements dns.Provider.
func (z *Zone) Apply(ctx context.Context, changes []dns.Change) []dns.Result {
	j := z.sort(changes)
	if len(j.sets) > 0 {
		if err := z.carry(ctx, j); err != nil {
			j.fail(j.sets, err)
		}
	}
	for i := range j.results {
		j.results[i].Err = z.api.client.Secrets().Error(j.results[i].Err)
		j.results[i].Warning = z.api.client.Secrets().Clean(j.results[i].Warning)
	}
	return j.results
}

// sort refuses what cannot be sent and puts the changes of one set together.
func (z *Zone) sort(changes []dns.Change) *job {
	j := &job{results: make([]dns.Result, len(changes))}
	type id struct {
		name string
		typ  dns.Type
	}
	at := map[id]*set{}
	for i, c := range changes {
		if why := unfit(c, z.name); why != "" {
			j.results[i].Err = fmt.Errorf("%w: %s", dns.ErrRefused, why)
			continue
		}
		k := id{c.Name, c.Type}
		if at[k] == nil {
			at[k] = &set{name: c.Name, typ: c.Type}
			j.sets = append(j.sets, at[k])
		}
		at[k].orders = append(at[k].orders, order{i, c})
	}
	return j
}

// fail gives the changes of some sets an error, those that have one already keep it.
func (j *job) fail(sets []*set, err error) {
	for _, s := range sets {
		for _, o := range s.orders {
			if j.results[o.index].Err == nil {
				j.results[o.index] = dns.Result{Err: err}
			}
		}
	}
}

// carry reads, merges and writes while nobody else of this process does at that server. An error is about all sets.
func (z *Zone) carry(ctx context.Context, j *job) error {
	if err := z.server.take(ctx, z.api.clock); err != nil {
		return err
	}
	defer z.server.leave()
	v, err := z.view(ctx, j)
	if err != nil {
		z.server.note(err, z.api.clock.Now())
		return err
	}
	z.write(ctx, j, v.zone)
	return nil
}

// view reads what the job is about and settles it.
func (z *Zone) view(ctx context.Context, j *job) (*view, error) {
	if err := z.learn(ctx); err != nil {
		return nil, err
	}
	v, err := z.read(ctx, j.names())
	if err != nil {
		return nil, err
	}
	j.settle(v)
	return v, z.see(ctx, j, v)
}

// learn finds out what the server can.
func (z *Zone) learn(ctx context.Context) error {
	now := z.api.clock.Now()
	if now.Before(z.server.until) {
		return nil
	}
	a, err := z.probe(ctx)
	if err == nil {
		z.server.can, z.server.search, z.server.until = featuresOf(a.Version), map[string]bool{}, now.Add(learnt)
	}
	return err
}

func (j *job) names() []string {
	var names []string
	for _, s := range j.sets {
		if !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

func (j *job) settle(v *view) {
	for _, s := range j.sets {
		if err := v.failed[s.name]; err != nil {
			j.fail([]*set{s}, err)
			continue
		}
		s.was = v.state(s.name, s.typ)
		s.next = s.was.settle(s.orders, j.results)
	}
}

// see completes the view where it matters and the server leaves disabled records out.
func (z *Zone) see(ctx context.Context, j *job, v *view) error {
	if v.whole || z.server.can.disabled {
		return nil
	}
	var names []string
	for _, s := range j.sets {
		blind := slices.ContainsFunc(s.orders, func(o order) bool { return unseen(s.was, o.change) })
		if (blind || !s.next.equal(s.was)) && !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if err := z.withDisabled(ctx, v, names); err != nil {
		return err
	}
	j.settle(v)
	return nil
}
