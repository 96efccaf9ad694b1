package hestia

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Commands that write.
const (
	addRecord    = "v-add-dns-record"
	changeRecord = "v-change-dns-record"
	deleteRecord = "v-delete-dns-record"
)

// write is a command that changes a zone.
type write struct {
	cmd   string
	id    string // of the record that is changed or deleted
	raw   string // its name at the panel
	name  string
	typ   dns.Type
	value string // to be there, or to go
	ttl   int
}

// args of the command, every one: restart is "no", so that a failing reload cannot pass for a failing write.
func (w write) args(user, zone string) []string {
	value, ttl := sentValue(w.typ, w.value), strconv.Itoa(w.ttl)
	switch w.cmd {
	case addRecord: // user, zone, record, type, value, priority, id, restart, ttl
		return []string{user, zone, w.raw, string(w.typ), value, "", "", "no", ttl}
	case changeRecord: // user, zone, id, record, type, value, priority, restart, ttl
		return []string{user, zone, w.id, w.raw, string(w.typ), value, "", "no", ttl}
	default: // user, zone, id, restart
		return []string{user, zone, w.id, "no"}
	}
}

// done tells from a list whether the write was carried out.
func (w write) done(v view) bool {
	switch w.cmd {
	case addRecord:
		return v.holds(w.name, w.typ, w.value)
	case changeRecord:
		return slices.ContainsFunc(v, func(e entry) bool {
			return e.id == w.id && e.served(w.name, w.typ) && e.value == w.value && (e.ttl == w.ttl || e.ttl < 0)
		})
	default:
		return !slices.ContainsFunc(v, func(e entry) bool { return e.id == w.id && e.name == w.name && e.value == w.value })
	}
}

// applied is the view after the write.
func (w write) applied(v view) view {
	after := slices.DeleteFunc(slices.Clone(v), func(e entry) bool { return w.id != "" && e.id == w.id })
	if w.cmd != deleteRecord {
		after = append(after, entry{id: w.id, raw: w.raw, name: w.name, typ: w.typ, value: w.value, ttl: w.ttl})
	}
	return after
}

const (
	// perRecord is how long a write takes per record of the zone (dns-providers.md §3.1).
	perRecord = 250 * time.Millisecond
	// mayRun is how long a command is believed to run on at most after its client has left.
	mayRun = longestTimeout
	// lookAgain is when an open write is looked up again.
	lookAgain = time.Minute
)

// send carries a write out and keeps the view right. After an error of known outcome the zone is as it was.
func (b *batch) send(ctx context.Context, w write) error {
	if b.hold != nil {
		return b.hold
	}
	for try := 0; ; try++ {
		err := b.panel.run(ctx, w.cmd, w.args(b.user, b.key)...)
		if err == nil || w.idle(err) {
			b.view = w.applied(b.view)
			b.wrote(w)
			return nil
		}
		again, err := b.recover(ctx, w, err, try)
		if err == nil || !again {
			return err
		}
	}
}

// recover deals with a write that failed: nil when it was carried out after all, again when it surely was not and may pass.
func (b *batch) recover(ctx context.Context, w write, err error, try int) (again bool, _ error) {
	last := try == len(pauses())
	open, running := mayHaveRun(err)
	switch {
	case open:
		if err = b.settle(ctx, w, err, running, try); err == nil {
			return false, nil
		}
		again = b.hold == nil && !last
	case passes(err):
		again = !last && clock.Sleep(ctx, b.panel.clock, pauses()[try]) == nil
	case codeOf(err) == missing: // of zone or record; the next list will tell which
		err = fmt.Errorf("the zone or the record was removed by somebody at the same time: %s", err.Error())
	case !ofThePanel(err):
		return false, err
	}
	if !again && b.hold == nil {
		b.hold = err // it will meet the next write, too
	}
	return again, err
}

// ofThePanel tells refusals that have nothing to do with the record.
func ofThePanel(err error) bool {
	switch codeOf(err) {
	case badPassword, forbidden, disabled, noKeys:
		return true
	}
	return codeOf(err) == unknown
}

// idle tells a refusal of what is so already: no pending change, no such id. A record that another hand took away is gone as well.
func (w write) idle(err error) bool {
	return w.cmd == changeRecord && codeOf(err) == exists || w.cmd == deleteRecord && codeOf(err) == missing
}

func (b *batch) wrote(w write) {
	b.written, b.byID = true, b.byID || w.cmd != addRecord
}

// settle finds out by lists whether a write was carried out after all: nil when it was. A write that may still run closes the zone
// to others until it shows or must have ended: two that run at once take the same id.
func (b *batch) settle(ctx context.Context, w write, cause error, running bool, try int) error {
	began := b.panel.clock.Now()
	looks := pauses()[min(try, len(pauses())-1):]
	if !running {
		looks = looks[:1]
	}
	for _, pause := range looks {
		if clock.Sleep(ctx, b.panel.clock, pause+time.Duration(len(b.view))*perRecord) != nil || b.refresh(ctx) != nil {
			running = true // nobody looked
			break
		}
		if w.done(b.view) {
			b.wrote(w)
			return nil
		}
	}
	if !running {
		return cause
	}
	b.panel.lane.open[b.key] = openWrite{write: w, until: began.Add(mayRun)}
	b.hold = &dns.LaterError{After: lookAgain, Cause: fmt.Errorf("a change of %s may still be under way at the panel: %w", w.name, cause)}
	return b.hold
}

// resume looks up what was left open in this zone before.
func (b *batch) resume() {
	lane := b.panel.lane
	open, ok := lane.open[b.key]
	left := open.until.Sub(b.panel.clock.Now())
	switch {
	case !ok:
	case open.done(b.view):
		b.ours = open.write
		b.wrote(open.write)
		delete(lane.open, b.key)
	case left <= 0:
		delete(lane.open, b.key)
	default:
		b.hold = &dns.LaterError{After: min(left, lookAgain), Cause: errors.New(
			"an earlier change of this zone may still be under way at the panel; it is waited for, lest two of them take the same record id")}
	}
}
