package traffic

import (
	"slices"
	"time"
)

// Hour is the traffic of one hour, or of the part of it that is known.
type Hour struct {
	Start time.Time // UTC
	Volume
	Estimated uint64 // bytes of In and Out together that come from averages
}

func (h *Hour) add(v Volume, estimated bool) {
	h.Volume = h.Plus(v)
	if estimated {
		h.Estimated += v.Total()
	}
}

// Hours puts a passage into hours, in their order, with averages where it asks for them; missing is how much of the time
// without counters the averages do not speak of.
func (p Passage) Hours(averages []Average, zone *time.Location) (hours []Hour, missing time.Duration) {
	b := book{zone: zone}
	if p.Within.Length() > 0 || p.Proven != (Volume{}) {
		b.spread(p.Proven, p.Within, false)
	}
	if p.Floor {
		estimate, _ := integrate(averages, p.Within)
		b.spread(p.Proven.beyond(estimate), p.Within, true)
	}
	missing = b.estimate(averages, p.Unseen)
	return b.hours, missing
}

// book collects hours, in their order.
type book struct {
	zone  *time.Location
	hours []Hour
}

// at is the hour that t lies in, good until the next one is asked for.
func (b *book) at(t time.Time) *Hour {
	start := HourOf(t, b.zone)
	i := len(b.hours)
	for i > 0 && b.hours[i-1].Start.After(start) { // they mostly come in their order
		i--
	}
	if i == 0 || !b.hours[i-1].Start.Equal(start) {
		b.hours = slices.Insert(b.hours, i, Hour{Start: start})
		i++
	}
	return &b.hours[i-1]
}

// spread puts v evenly over span: to the byte, because only sums are rounded.
func (b *book) spread(v Volume, span Span, estimated bool) {
	if span.Length() == 0 {
		b.at(span.From).add(v, estimated)
		return
	}
	var given Volume
	for _, piece := range span.hours(b.zone) {
		sum := v.part(piece.To.Sub(span.From), span.Length())
		b.at(piece.From).add(Volume{sum.In - given.In, sum.Out - given.Out}, estimated)
		given = sum
	}
}

// estimate puts what averages say about span; hours that they do not know stay absent.
func (b *book) estimate(averages []Average, span Span) (missing time.Duration) {
	if span.Length() == 0 {
		return 0
	}
	missing = span.Length()
	for _, piece := range span.hours(b.zone) {
		v, known := integrate(averages, piece)
		if known > 0 {
			b.at(piece.From).add(v, true)
		}
		missing -= known
	}
	return max(0, missing)
}
