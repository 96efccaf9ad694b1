package traffic

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// Counted is which traffic an allowance is for.
type Counted string

// The choices.
const (
	Both   Counted = "both"   // sum of the directions
	In     Counted = "in"     // received
	Out    Counted = "out"    // sent
	Larger Counted = "larger" // the larger direction
)

// Policy is what a product allows a service in a billing period.
type Policy struct {
	Limit   uint64 // bytes, 0 = as much as it likes
	Counted Counted
	// Throttle is the rate of the network card in MB per second once the allowance is used up, until the next period; 0 = its own.
	Throttle int
	// Unknown: the product cannot be read, so that nothing is done, nor taken back.
	Unknown bool
}

// Gigabyte is the unit that allowances are sold in, in bytes.
const Gigabyte = 1 << 30

// PolicyOf is the policy that a product and its options ask for.
func PolicyOf(t spec.Traffic) Policy {
	return Policy{Limit: uint64(max(t.LimitGiB, 0)) * Gigabyte, Counted: Counted(t.Counted), Throttle: t.ThrottleMBps}
}

// Used is the traffic that an allowance is compared with, in bytes.
func (p Policy) Used(v Volume) uint64 {
	switch p.Counted {
	case In:
		return v.In
	case Out:
		return v.Out
	case Larger:
		return max(v.In, v.Out)
	case Both:
	}
	return v.Total()
}

// Standing is what has been done about an allowance.
type Standing struct {
	Period    time.Time // start of the period in which Notice was given
	Notice    int       // percentage that was told last, 0 = none
	Throttled bool
}

// Event is something to do about an allowance.
type Event string

// The events.
const (
	Notice80  Event = "notice80"  // 80 % are used
	Notice100 Event = "notice100" // all is used
	Throttle  Event = "throttle"  // slow the network card down
	Lift      Event = "lift"      // give it its own speed back
)

// Decide compares a month with the allowance. Each event comes once in a period; who jumps over 80 % is told of 100 % only.
// A raised allowance begins anew: what is below it again is not throttled, and will be told of again.
func (p Policy) Decide(s Standing, m Month) (Standing, []Event) {
	if p.Unknown {
		return s, nil
	}
	if m.From.After(s.Period) {
		s.Period, s.Notice = m.From, 0
	}
	level := p.level(m.Volume)
	var events []Event
	if level > s.Notice {
		events = append(events, map[int]Event{80: Notice80, 100: Notice100}[level])
	}
	s.Notice = level
	if slow := p.Throttle > 0 && level == 100; slow != s.Throttled {
		s.Throttled = slow
		events = append(events, map[bool]Event{true: Throttle, false: Lift}[slow])
	}
	return s, events
}

// level is the highest of the percentages that are told which v reaches.
func (p Policy) level(v Volume) int {
	used := p.Used(v)
	switch {
	case p.Limit == 0:
		return 0
	case used >= p.Limit:
		return 100
	case used >= p.Limit-p.Limit/5:
		return 80
	}
	return 0
}
