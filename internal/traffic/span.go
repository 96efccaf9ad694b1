package traffic

import "time"

// Span is the time from From until To; one that ends before it begins is empty.
type Span struct{ From, To time.Time }

// Length is how long it lasts, never negative.
func (s Span) Length() time.Duration { return max(0, s.To.Sub(s.From)) }

// Holds tells whether t lies in it; its end does not.
func (s Span) Holds(t time.Time) bool { return !t.Before(s.From) && t.Before(s.To) }

// within is the part of s that lies in o, too.
func (s Span) within(o Span) Span {
	if o.From.After(s.From) {
		s.From = o.From
	}
	if o.To.Before(s.To) {
		s.To = o.To
	}
	return s
}

// HourOf is the start of the hour that t lies in, by the clocks of a zone: zones a half hour off have hours of their own, so
// that a day and a month there begin with an hour.
func HourOf(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	past := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	return t.Add(-past).UTC()
}

// hours cuts s where hours begin. An empty span is one piece of no length.
func (s Span) hours(zone *time.Location) []Span {
	var pieces []Span
	for from := s.From; ; {
		next := HourOf(from, zone).Add(time.Hour)
		if cut := HourOf(next, zone); cut.After(from) { // clocks were set in between
			next = cut
		}
		if !next.Before(s.To) {
			return append(pieces, Span{from, s.To})
		}
		pieces = append(pieces, Span{from, next})
		from = next
	}
}
