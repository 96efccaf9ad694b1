package clock

import (
	"context"
	"time"
)

// Clock tells the time and rings after a while. Implementations are safe for concurrent use.
type Clock interface {
	// Now is the present time in UTC.
	Now() time.Time
	// After sends the time once d has passed on this clock; d <= 0 rings at once.
	After(d time.Duration) <-chan time.Time
}

// System is the machine's own clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now().UTC() }

// After implements Clock.
func (System) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Scaled runs Factor times as fast as the machine's clock, starting at the moment it was made.
type Scaled struct {
	start  time.Time
	factor float64
}

// NewScaled returns a clock on which factor seconds pass in one real second; factor must be positive.
func NewScaled(factor float64) Scaled {
	return Scaled{start: time.Now(), factor: factor}
}

// Now implements Clock.
func (c Scaled) Now() time.Time {
	real := time.Since(c.start)
	return c.start.Add(time.Duration(float64(real) * c.factor)).UTC()
}

// After implements Clock.
func (c Scaled) After(d time.Duration) <-chan time.Time {
	return time.After(c.Real(d))
}

// Real is how long d on this clock lasts on the machine's clock.
func (c Scaled) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.factor)
}

// Sleep waits d on c; it returns the context's error when that ends first.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.After(d):
		return nil
	}
}

// In is c for what people read: its Now stands in their zone.
func In(c Clock, zone *time.Location) Clock { return zoned{c, zone} }

type zoned struct {
	Clock
	zone *time.Location
}

// Now implements Clock, in the zone.
func (z zoned) Now() time.Time { return z.Clock.Now().In(z.zone) }
