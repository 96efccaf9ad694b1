package hestia

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// batch is one Apply while it has the server's turn.
type batch struct {
	*Zone
	key     string // the zone as the panel spells it
	view    view
	changes []dns.Change
	results []dns.Result
	written bool
	byID    bool             // records were written to by their id
	ours    write            // an open write of before that turned out to be done
	hold    error            // ends the writing for all that follows
	shut    map[string]error // by command
	freed   bool
	stuck   map[string]bool // ids that stay
}

// Apply implements dns.Provider: values are added, or changed in place, before others are removed, over all changes, for the
// panel lets the last A record of a zone be replaced but not removed.
func (z *Zone) Apply(ctx context.Context, changes []dns.Change) []dns.Result {
	b := &batch{Zone: z, changes: changes, results: make([]dns.Result, len(changes)), shut: map[string]error{}, stuck: map[string]bool{}}
	for i, c := range changes {
		b.results[i].Err = z.check(c)
	}
	if slices.ContainsFunc(b.results, func(r dns.Result) bool { return r.Err == nil }) {
		b.work(ctx)
	}
	for i := range b.results {
		r, secrets := &b.results[i], z.panel.client.Secrets()
		r.Err, r.Warning = secrets.Error(r.Err), secrets.Clean(r.Warning)
	}
	return b.results
}

func (b *batch) work(ctx context.Context) {
	if err := b.panel.lane.take(ctx); err != nil {
		b.failAll(err)
		return
	}
	defer b.panel.lane.leave()
	var err error
	if b.key, b.view, err = b.records(ctx); err != nil {
		b.failAll(err)
		return
	}
	b.resume()
	b.each(b.begin)
	b.each(func(i int) { b.ensure(ctx, i) })
	b.each(func(i int) { b.remove(ctx, i) })
	b.refill(ctx)
	b.publish(ctx)
	b.compare(ctx)
}

// each calls f for the changes that did not fail so far.
func (b *batch) each(f func(i int)) {
	for i := range b.changes {
		if b.results[i].Err == nil {
			f(i)
		}
	}
}

func (b *batch) failAll(err error) {
	b.each(func(i int) { b.results[i].Err = err })
}

// begin notes what was there before this batch.
func (b *batch) begin(i int) {
	c, r := b.changes[i], &b.results[i]
	s := look(c, b.view)
	r.Found = s.found()
	if o := b.ours; o.name == c.Name && o.typ == c.Type && slices.Contains(slices.Concat(c.Add, c.Remove), o.value) {
		r.Found = slices.DeleteFunc(r.Found, func(v string) bool { return v == o.value })
		r.Written = true
	}
	r.Err = s.conflict()
}

// ensure makes the values of Add be there.
func (b *batch) ensure(ctx context.Context, i int) {
	r := &b.results[i]
	for r.Err == nil {
		w, err := b.wanting(look(b.changes[i], b.view))
		if err != nil || w.cmd == "" {
			r.Err = err
			return
		}
		if r.Err = b.shut[w.cmd]; r.Err == nil {
			r.Err = b.send(ctx, w)
			r.Written = r.Written || r.Err == nil
			b.learn(w, r.Err)
		}
	}
}

// learn saves calls that would be refused the same way: in a suspended zone nothing is added, a full one takes no more.
func (b *batch) learn(w write, err error) {
	switch codeOf(err) {
	case suspended:
		b.shut[addRecord], b.shut[changeRecord] = err, err
	case full:
		b.shut[w.cmd] = err
	}
}

// wanting is the next write that a set wants before anything is removed; the zero write when there is none.
func (b *batch) wanting(s set) (write, error) {
	if err := s.conflict(); err != nil { // an earlier change of the batch may have made it
		return write{}, err
	}
	for _, value := range s.Add {
		if s.has(value) {
			continue
		}
		w := write{cmd: addRecord, raw: relative(s.Name, b.name), name: s.Name, typ: s.Type, value: value, ttl: s.TTL}
		if e, ok := b.spare(s); ok {
			w.cmd, w.id, w.raw = changeRecord, e.id, e.raw
		}
		return w, nil
	}
	for _, e := range s.right {
		if e.ttl == s.TTL || e.ttl < 0 {
			continue
		}
		if b.view.twice(e.id) {
			return write{}, twice(e)
		}
		return write{cmd: changeRecord, id: e.id, raw: e.raw, name: s.Name, typ: s.Type, value: e.value, ttl: s.TTL}, nil
	}
	return write{}, nil
}

// spare is a record to be removed that can become another one in place, in one call and without an instant in between. How
// commands read international names back differs between releases, so those are left alone.
func (b *batch) spare(s set) (entry, bool) {
	for _, e := range s.wrong {
		if e.id != "" && !e.suspended && !b.view.twice(e.id) && !slices.ContainsFunc([]byte(e.raw), func(c byte) bool { return c > 127 }) {
			return e, true
		}
	}
	return entry{}, false
}

func twice(e entry) error {
	return fmt.Errorf("%w: duplicate record ids: %s and another record of the zone have the id %s, so that one cannot be changed without the other; repair the zone in the panel (delete both and add them again)",
		dns.ErrRefused, e.name, e.id)
}

// remove takes away the values of Remove.
func (b *batch) remove(ctx context.Context, i int) {
	r := &b.results[i]
	for r.Err == nil {
		s := look(b.changes[i], b.view)
		at := slices.IndexFunc(s.wrong, func(e entry) bool { return !b.stuck[e.id] })
		if at < 0 {
			return
		}
		e := s.wrong[at]
		switch {
		case e.id == "": // this batch added it
			r.Err = b.refresh(ctx)
		case b.view.twice(e.id):
			r.Err = twice(e)
		default:
			r.Err = b.drop(ctx, e, r)
		}
	}
}

// drop deletes a record, unless it is the last A record of the zone, which the panel never lets go.
func (b *batch) drop(ctx context.Context, e entry, r *dns.Result) error {
	w := write{cmd: deleteRecord, id: e.id, name: e.name, typ: e.typ, value: e.value}
	err := b.send(ctx, w)
	if err == nil {
		r.Written, b.freed = true, true
		return nil
	}
	if codeOf(err) != invalid || e.typ != dns.A {
		return err
	}
	if listed := b.refresh(ctx); listed != nil {
		return listed
	}
	if !w.done(b.view) && b.view.alone(dns.A) {
		b.stuck[e.id] = true
		r.Stuck = append(r.Stuck, e.value)
		r.Warning = e.name + " is the last A record of the zone, which HestiaCP never deletes; it stays until the zone has another one"
		return nil
	}
	return err
}

// refill adds what found the zone full before this batch removed something.
func (b *batch) refill(ctx context.Context) {
	if !b.freed {
		return
	}
	clear(b.shut)
	for i := range b.results {
		if codeOf(b.results[i].Err) == full {
			b.results[i].Err = nil
			b.ensure(ctx, i)
			if b.results[i].Err == nil {
				b.remove(ctx, i)
			}
		}
	}
}

// publish reloads the name server once. Releases from 1.7 on have done so with each write, and an access key need not have the right.
func (b *batch) publish(ctx context.Context) {
	if !b.written {
		return
	}
	err := b.panel.run(ctx, "v-restart-dns")
	if err == nil || b.panel.key && codeOf(err) == forbidden {
		return
	}
	b.warn(fmt.Sprintf("the records are stored, but the name server was not reloaded: %v", err))
}

// warn tells those whose records were written.
func (b *batch) warn(text string) {
	b.each(func(i int) {
		if r := &b.results[i]; r.Written && r.Warning == "" {
			r.Warning = text
		}
	})
}

// compare lists once more after records were written to by their id: another hand may have moved the ids meanwhile.
func (b *batch) compare(ctx context.Context) {
	if b.byID && b.hold == nil {
		if err := b.refresh(ctx); err != nil {
			b.warn(fmt.Sprintf("the changes were made, but the zone could not be listed to check them: %v", err))
			return
		}
		b.each(b.verify)
	}
	b.each(b.warnTwins)
}

func (b *batch) verify(i int) {
	s, r := look(b.changes[i], b.view), &b.results[i]
	if !r.Written {
		return
	}
	absent := slices.ContainsFunc(s.Add, func(v string) bool { return !s.has(v) })
	old := slices.ContainsFunc(s.right, func(e entry) bool { return e.ttl != s.TTL && e.ttl >= 0 })
	left := slices.ContainsFunc(s.wrong, func(e entry) bool { return !slices.Contains(r.Stuck, e.value) })
	if absent || old || left {
		r.Err = errors.New("the panel reported success, but its list shows something else; somebody may have changed the zone at the same time")
	}
}

func (b *batch) warnTwins(i int) {
	for _, e := range look(b.changes[i], b.view).right {
		if r := &b.results[i]; b.view.twice(e.id) && r.Warning == "" {
			r.Warning = fmt.Sprintf("%s and another record of the zone have the id %s; neither can be changed without the other until the zone is repaired in the panel", e.name, e.id)
		}
	}
}
