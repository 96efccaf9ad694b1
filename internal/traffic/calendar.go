package traffic

import "time"

// Rule says which month traffic is summed up by.
type Rule string

// The two rules.
const (
	ByCalendar    Rule = "calendar"    // from the first of a month
	ByAnniversary Rule = "anniversary" // from the day of the month on which the service is billed
)

// Calendar tells billing periods apart.
type Calendar struct {
	Zone *time.Location // WHMCS's
	Day  int            // day of the month on which periods begin, 1 to 31; in a shorter month its last day
}

// CalendarOf is the calendar of a service that was registered on one day and is due on another. WHMCS moves the due date
// to the end of a shorter month; the day of registration remembers the day it stood for. Zero dates are not known.
func (r Rule) CalendarOf(zone *time.Location, registered, due time.Time) Calendar {
	day := due.Day()
	switch {
	case r != ByAnniversary || registered.IsZero() && due.IsZero():
		day = 1
	case due.IsZero():
		day = registered.Day()
	case !registered.IsZero() && due.Day() == days(due.Year(), due.Month()):
		day = max(day, registered.Day())
	}
	return Calendar{zone, day}
}

// Period is the billing period that t lies in.
func (c Calendar) Period(t time.Time) Span {
	local := t.In(c.Zone)
	year, month := local.Year(), local.Month()
	if t.Before(c.start(year, month)) {
		month--
	}
	return Span{c.start(year, month), c.start(year, month+1)}
}

// start is when the period begins that begins in a month; months may run over the year.
func (c Calendar) start(year int, month time.Month) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	day := min(max(c.Day, 1), days(first.Year(), first.Month()))
	return time.Date(first.Year(), first.Month(), day, 0, 0, 0, 0, c.Zone).UTC()
}

func days(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
