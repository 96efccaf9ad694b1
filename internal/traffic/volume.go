package traffic

import (
	"math/bits"
	"time"
)

// Volume is traffic in bytes: In was received by the guest, Out sent by it.
type Volume struct{ In, Out uint64 }

// Plus adds two volumes.
func (v Volume) Plus(w Volume) Volume { return Volume{v.In + w.In, v.Out + w.Out} }

// Total is both directions together.
func (v Volume) Total() uint64 { return v.In + v.Out }

// grown is how much larger v is than earlier; ok = neither direction shrank.
func (v Volume) grown(earlier Volume) (_ Volume, ok bool) {
	if v.In < earlier.In || v.Out < earlier.Out {
		return Volume{}, false
	}
	return Volume{v.In - earlier.In, v.Out - earlier.Out}, true
}

// anew is what a count that may have begun anew proves: a direction that shrank counted at least all that it shows.
func (v Volume) anew(earlier Volume) Volume {
	since := func(now, before uint64) uint64 {
		if now < before {
			return now
		}
		return now - before
	}
	return Volume{since(v.In, earlier.In), since(v.Out, earlier.Out)}
}

// beyond is by how much a larger estimate exceeds v.
func (v Volume) beyond(estimate Volume) Volume {
	return Volume{max(estimate.In, v.In) - v.In, max(estimate.Out, v.Out) - v.Out}
}

// part is what passes in the first `done` of `whole` at an even rate, rounded down; whole is positive and not shorter.
func (v Volume) part(done, whole time.Duration) Volume {
	return Volume{part(v.In, done, whole), part(v.Out, done, whole)}
}

func part(n uint64, done, whole time.Duration) uint64 {
	high, low := bits.Mul64(n, uint64(done))            //nolint:gosec // a part of a span is not negative
	quotient, _ := bits.Div64(high, low, uint64(whole)) //nolint:gosec // nor is the span
	return quotient
}
