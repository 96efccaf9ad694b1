package retention

import "time"

// Slot is one date of a plan and the moment from which it counts.
type Slot struct {
	Day Day
	At  time.Time // UTC
}

// Plan is what is known of one machine's schedule.
type Plan struct {
	Week Week
	// Last is the newest slot that was served; the zero Day when none was.
	Last Day
	// Since is when the plan was saved: what lies before was never promised. Zero = unknown; then, while nothing was served
	// yet, only a slot of the present day counts.
	Since time.Time
}

// Standing is how a plan stands at a moment.
type Standing int

// Standings.
const (
	Idle   Standing = iota // no slot has come yet
	Served                 // the newest slot was served
	Due                    // the newest slot was not served
)

// Look finds the newest slot at now and tells how it stands. zone is that of WHMCS.
func (p Plan) Look(now time.Time, zone *time.Location) (Slot, Standing) {
	slot, found := p.Week.latest(now, zone)
	today := DayOf(now.In(zone))
	switch {
	case !found:
		return Slot{}, Idle
	case p.served(slot, today):
		return slot, Served
	case !p.promised(slot, today):
		return Slot{}, Idle
	}
	return slot, Due
}

// served believes no date beyond tomorrow: a clock that once was wrong must not end backups for years.
func (p Plan) served(s Slot, today Day) bool {
	return !p.Last.IsZero() && !s.Day.After(p.Last) && !p.Last.After(today.Add(1))
}

func (p Plan) promised(s Slot, today Day) bool {
	switch {
	case !p.Since.IsZero():
		return !s.At.Before(p.Since)
	case p.Last.IsZero():
		return s.Day == today
	}
	return true
}

// latest is the newest slot that has come at now. It looks a day ahead, too, for a zone that was moved across the date line,
// and a week and a day back.
func (w Week) latest(now time.Time, zone *time.Location) (Slot, bool) {
	today := DayOf(now.In(zone))
	for back := -1; back <= 8; back++ {
		day := today.Add(-back)
		e := w.at[day.Weekday()]
		if !e.on {
			continue
		}
		if at := moment(day, e, zone); !at.After(now) {
			return Slot{day, at}, true
		}
	}
	return Slot{}, false
}

// Next is the first slot after now; false for an empty plan.
func (w Week) Next(now time.Time, zone *time.Location) (Slot, bool) {
	today := DayOf(now.In(zone))
	for ahead := -1; ahead <= 8; ahead++ {
		day := today.Add(ahead)
		e := w.at[day.Weekday()]
		if !e.on {
			continue
		}
		if at := moment(day, e, zone); at.After(now) {
			return Slot{day, at}, true
		}
	}
	return Slot{}, false
}

// moment is when the clocks of zone first show that time of that day; when they jump over it, the moment of the jump.
func moment(day Day, e entry, zone *time.Location) time.Time {
	wall := time.Date(day.Year, day.Month, day.Day, e.hour, e.minute, 0, 0, time.UTC)
	before, after := guess(wall, zone, -24*time.Hour), guess(wall, zone, 24*time.Hour)
	first, second := before, after
	if after.Before(before) {
		first, second = after, before
	}
	for _, t := range []time.Time{first, second} {
		if shows(t.In(zone), wall) {
			return t
		}
	}
	jump, _ := before.In(zone).ZoneBounds()
	if jump.Before(first.Add(-24*time.Hour)) || jump.After(second) { // no jump over this time: a zone with two changes in a day
		return before
	}
	return jump.UTC()
}

// guess is the moment of a wall time by the offset in force some time away from it.
func guess(wall time.Time, zone *time.Location, away time.Duration) time.Time {
	_, offset := wall.Add(away).In(zone).Zone()
	return wall.Add(-time.Duration(offset) * time.Second)
}

func shows(t, wall time.Time) bool {
	return DayOf(t) == DayOf(wall) && t.Hour() == wall.Hour() && t.Minute() == wall.Minute() && t.Second() == 0
}
