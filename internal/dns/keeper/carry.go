package keeper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

const (
	pageSize     = 500 // due rows of a zone that are worked on at once
	applyTimeout = 15 * time.Minute
	firstRetry   = time.Minute
	lastingRetry = 10 * time.Minute // of what only a person can mend
	longestRetry = time.Hour
)

// carryAll works on the zones of one account side by side; the providers keep the account's limits. well: all of it was written
// down. Otherwise the same rows are still due, and looking again at once would ask the provider without end.
func (k *Keeper) carryAll(ctx context.Context, work []task) (well bool) {
	var wg sync.WaitGroup
	var failed atomic.Bool
	for _, t := range work {
		wg.Go(func() {
			if err := k.carrySafely(ctx, t); err != nil {
				failed.Store(true)
				k.logUnlessDone(ctx, "write DNS records of "+t.zone.Name, err)
			}
		})
	}
	wg.Wait()
	return !failed.Load()
}

// carrySafely turns a panic into an error: one zone's bug must not stop the others.
func (k *Keeper) carrySafely(ctx context.Context, t task) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("internal error: %v\n%s", v, debug.Stack())
		}
	}()
	return k.carry(ctx, t)
}

// carry does what is due in one zone.
func (k *Keeper) carry(ctx context.Context, t task) error {
	now := k.Clock.Now()
	rows, err := k.Book.Begin(ctx, t.ids, now, pageSize)
	if err != nil || len(rows) == 0 {
		return err
	}
	o := &outcome{task: t, now: now, rows: map[int64]ledger.Row{}}
	entries := make([]dns.Entry, len(rows))
	for i, r := range rows {
		o.rows[r.ID], entries[i] = r, r.Entry
	}
	if err := k.apply(ctx, o, entries); err != nil {
		return err
	}
	defer k.tell()
	return k.Book.Settle(ctx, o.Settled, o.rows, o.failures, k.Clock.Now())
}

// apply calls the provider; its error means that the rows have to stay as they are.
func (k *Keeper) apply(ctx context.Context, o *outcome, entries []dns.Entry) error {
	instance, err := k.Book.Instance(ctx)
	if err != nil {
		return err
	}
	for _, b := range dns.Sets(entries, plans(o.all), dns.Settings{TTL: o.zone.TTL, Instance: instance}) {
		results, err := k.call(ctx, o.zone, b.Changes)
		if err != nil {
			return err
		}
		for i, r := range results {
			o.add(b.Rows[i], b.Changes[i], r)
		}
	}
	o.leftOut(entries)
	return nil
}

// call asks the provider; a zone that cannot be opened refuses every change. The error says that ctx ended.
func (k *Keeper) call(ctx context.Context, z zones.Zone, changes []dns.Change) ([]dns.Result, error) {
	provider, err := k.open(z)
	if err != nil {
		return slices.Repeat([]dns.Result{{Err: fmt.Errorf("%w: %w", dns.ErrRefused, err)}}, len(changes)), nil
	}
	limited, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	return provider.Apply(limited, changes), ctx.Err()
}

// opened is a provider with the zone that it was made of.
type opened struct {
	zone     zones.Zone
	provider dns.Provider
}

// open makes the provider of a zone anew when the zone was changed.
func (k *Keeper) open(z zones.Zone) (dns.Provider, error) {
	if z.Fault != "" {
		return nil, errors.New(z.Fault)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if o := k.providers[z.ID]; o.provider != nil && reflect.DeepEqual(o.zone, z) {
		return o.provider, nil
	}
	p, err := k.Open(z)
	if err == nil {
		k.providers[z.ID] = opened{z, p}
	}
	return p, err
}

// outcome collects what became of the rows of one zone.
type outcome struct {
	task
	dns.Settled
	now      time.Time
	rows     map[int64]ledger.Row
	failures []ledger.Failure
	judged   map[int64]bool
}

// add reads the result of one record set.
func (o *outcome) add(rows []dns.Entry, c dns.Change, r dns.Result) {
	s := dns.Settle(rows, c, r)
	o.Live, o.Gone, o.Foreign = append(o.Live, s.Live...), append(o.Gone, s.Gone...), append(o.Foreign, s.Foreign...)
	o.judge(s.Live, s.Gone)
	for _, e := range s.Stuck {
		o.fail(e, ledger.Failure{Text: r.Warning})
	}
	first := true
	for _, e := range rows {
		if o.judged[e.ID] || !o.due(e) {
			continue
		}
		text, due := "another service has this address now", o.now.Add(longestRetry)
		if r.Err != nil {
			text, due = r.Err.Error(), o.now.Add(pause(o.rows[e.ID].Attempts, r.Err))
		}
		f := ledger.Failure{Text: text, Due: due}
		if first && text != o.rows[e.ID].LastError {
			f.Note = Line(o.zone, e, text)
			first = false
		}
		o.fail(e, f)
	}
}

// leftOut judges due rows that asked for no change: those whose zone is gone are kept for a person, others have nothing left.
func (o *outcome) leftOut(entries []dns.Entry) {
	for _, e := range entries {
		if o.judged[e.ID] || !o.due(e) {
			continue
		}
		if o.zone.ID == 0 || !o.zone.Plan().Holds(e.Name, e.Type) {
			o.fail(e, ledger.Failure{Text: "the zone's entry was removed or leads elsewhere now; nothing is written there any more"})
			continue
		}
		o.add([]dns.Entry{e}, dns.Change{}, dns.Result{})
	}
}

func (o *outcome) due(e dns.Entry) bool {
	due := o.rows[e.ID].Due
	return !due.IsZero() && !due.After(o.now)
}

func (o *outcome) judge(lists ...[]dns.Entry) {
	if o.judged == nil {
		o.judged = map[int64]bool{}
	}
	for _, e := range slices.Concat(lists...) {
		o.judged[e.ID] = true
	}
}

func (o *outcome) fail(e dns.Entry, f ledger.Failure) {
	o.judge([]dns.Entry{e})
	f.Row = o.rows[e.ID]
	o.failures = append(o.failures, f)
}

// pause grows with the tries, from a minute to an hour; the provider may ask for more.
func pause(attempts int, err error) time.Duration {
	d := firstRetry
	if dns.Lasting(err) {
		d = lastingRetry
	}
	d = min(d<<min(attempts, 6), longestRetry)
	if later, ok := errors.AsType[*dns.LaterError](err); ok {
		d = max(d, later.After)
	}
	return d - time.Duration(rand.Int64N(int64(d/5))) //nolint:gosec // spreads, does not hide
}

// Line is an error as a line of the reference product, with the provider's text.
func Line(z zones.Zone, e dns.Entry, text string) string {
	return line(z, word(e), "ERR", subject(e)) + ": " + strings.TrimSuffix(text, ".")
}
