package retention

import (
	"fmt"
	"time"
)

// Day is a date of the calendar, whatever the zone. The zero Day is no date.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the date that t shows in its own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// ParseDay reads YYYY-MM-DD; what databases write for "none" ("", 0000-00-00) is the zero Day.
func ParseDay(text string) (Day, error) {
	if text == "" || text == "0000-00-00" {
		return Day{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Day{}, fmt.Errorf("%q is not a date of the form YYYY-MM-DD", text)
	}
	return DayOf(t), nil
}

// IsZero tells whether d is no date.
func (d Day) IsZero() bool { return d == Day{} }

// String is YYYY-MM-DD, or "never" for no date.
func (d Day) String() string {
	if d.IsZero() {
		return "never"
	}
	return d.noon().Format(time.DateOnly)
}

// Add moves n days on.
func (d Day) Add(n int) Day { return DayOf(d.noon().AddDate(0, 0, n)) }

// After tells whether d is later than e.
func (d Day) After(e Day) bool { return d.noon().After(e.noon()) }

// Weekday of the date.
func (d Day) Weekday() time.Weekday { return d.noon().Weekday() }

func (d Day) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }
