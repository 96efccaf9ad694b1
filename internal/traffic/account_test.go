package traffic_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

func TestCalendarOf_rememberTheDayThatAShortMonthLacks(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		d, _ := time.Parse(time.DateOnly, text)
		return d
	}
	for _, c := range []struct {
		rule            traffic.Rule
		registered, due string
		want            int
	}{
		{traffic.ByCalendar, "2026-01-17", "2026-06-17", 1},
		{traffic.ByAnniversary, "2026-01-17", "2026-06-17", 17},
		{traffic.ByAnniversary, "2026-01-17", "2026-06-05", 5}, // aligned by hand
		{traffic.ByAnniversary, "2026-01-31", "2026-02-28", 31},
		{traffic.ByAnniversary, "2026-01-30", "2026-04-30", 30},
		{traffic.ByAnniversary, "2026-01-05", "2026-02-28", 28},
		{traffic.ByAnniversary, "2026-01-05", "", 5},
		{traffic.ByAnniversary, "", "2026-02-28", 28},
		{traffic.ByAnniversary, "", "", 1},
		{"", "2026-01-17", "2026-06-17", 1},
	} {
		if got := c.rule.CalendarOf(time.UTC, day(c.registered), day(c.due)); got.Day != c.want {
			t.Errorf("%+v: day %d", c, got.Day)
		}
	}
}

func TestPeriod_monthsOfAllLengthsInWHMCSsZone(t *testing.T) {
	t.Parallel()
	zone, _ := time.LoadLocation("Europe/Berlin")
	for _, c := range []struct {
		day          int
		at, from, to string
	}{
		{1, "2026-03-31T23:30:00+02:00", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"},
		{1, "2026-03-31T22:30:00Z", "2026-04-01T00:00:00+02:00", "2026-05-01T00:00:00+02:00"},
		{31, "2026-02-15T12:00:00Z", "2026-01-31T00:00:00+01:00", "2026-02-28T00:00:00+01:00"},
		{31, "2026-02-28T12:00:00Z", "2026-02-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00"},
		{30, "2028-02-29T12:00:00Z", "2028-02-29T00:00:00+01:00", "2028-03-30T00:00:00+02:00"},
		{15, "2026-12-20T12:00:00Z", "2026-12-15T00:00:00+01:00", "2027-01-15T00:00:00+01:00"},
		{15, "2027-01-03T12:00:00Z", "2026-12-15T00:00:00+01:00", "2027-01-15T00:00:00+01:00"},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		p := traffic.Calendar{Zone: zone, Day: c.day}.Period(at)
		if got := p.From.In(zone).Format(time.RFC3339) + " " + p.To.In(zone).Format(time.RFC3339); got != c.from+" "+c.to {
			t.Errorf("day %d, %s: %s", c.day, c.at, got)
		}
	}
}

func TestState_aChangedRuleSumsTheMonthUpAnew(t *testing.T) {
	t.Parallel()
	first, tenth := traffic.Calendar{Zone: time.UTC, Day: 1}, traffic.Calendar{Zone: time.UTC, Day: 2}
	hour := func(d time.Duration, in uint64) traffic.Hour {
		return traffic.Hour{Start: noon().Add(d), Volume: traffic.Volume{In: in}}
	}
	s, closed := traffic.State{}.Book(reading(2*time.Hour, time.Hour, 0, 0), []traffic.Hour{hour(0, 3), hour(time.Hour, 4)}, first)
	if len(closed) != 1 || s.Month.In != 7 {
		t.Fatalf("%+v, closed %v", s, closed)
	}
	if _, moved := s.Moved(first); moved {
		t.Error("moved without a reason")
	}
	from, moved := s.Moved(tenth)
	if !moved || !from.Equal(time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("moved %t to %v", moved, from)
	}
	s = s.Summed(from, traffic.Month{Volume: traffic.Volume{In: 3}})
	if want := (traffic.Month{From: from, Volume: traffic.Volume{In: 7}}); s.Month != want {
		t.Errorf("%+v", s.Month)
	}
	if m, known := s.Current(noon(), tenth); !known || m.In != 7 {
		t.Errorf("current: %+v", m)
	}
	if m, known := s.Current(noon().AddDate(0, 1, 0), tenth); known || m.In != 0 {
		t.Errorf("a month of which nothing is known yet: %+v, %t", m, known)
	}
}

func TestDecide_tellsAndThrottlesByTheAllowance(t *testing.T) {
	t.Parallel()
	month := func(in, out uint64) traffic.Month {
		return traffic.Month{From: noon(), Volume: traffic.Volume{In: in, Out: out}}
	}
	both := traffic.Policy{Limit: 1000, Counted: traffic.Both, Throttle: 1}
	with := func(change func(*traffic.Policy)) traffic.Policy {
		p := both
		change(&p)
		return p
	}
	told := traffic.Standing{Period: noon(), Notice: 100, Throttled: true}
	for name, c := range map[string]struct {
		policy traffic.Policy
		before traffic.Standing
		month  traffic.Month
		want   []traffic.Event
	}{
		"little":               {both, traffic.Standing{}, month(400, 399), nil},
		"80 %":                 {both, traffic.Standing{}, month(400, 400), []traffic.Event{traffic.Notice80}},
		"80 % again":           {both, traffic.Standing{Period: noon(), Notice: 80}, month(400, 500), nil},
		"100 %":                {both, traffic.Standing{Period: noon(), Notice: 80}, month(500, 500), []traffic.Event{traffic.Notice100, traffic.Throttle}},
		"at once":              {both, traffic.Standing{}, month(9000, 0), []traffic.Event{traffic.Notice100, traffic.Throttle}},
		"100 % again":          {both, told, month(9000, 0), nil},
		"no throttle":          {with(func(p *traffic.Policy) { p.Throttle = 0 }), traffic.Standing{}, month(1000, 0), []traffic.Event{traffic.Notice100}},
		"throttle taken off":   {with(func(p *traffic.Policy) { p.Throttle = 0 }), told, month(1000, 0), []traffic.Event{traffic.Lift}},
		"product unreadable":   {with(func(p *traffic.Policy) { p.Limit, p.Unknown = 0, true }), told, month(1000, 0), nil},
		"allowance raised":     {with(func(p *traffic.Policy) { p.Limit = 5000 }), told, month(1000, 0), []traffic.Event{traffic.Lift}},
		"raised, 80 % of it":   {with(func(p *traffic.Policy) { p.Limit = 1200 }), told, month(1000, 0), []traffic.Event{traffic.Lift}},
		"allowance taken away": {with(func(p *traffic.Policy) { p.Limit = 0 }), told, month(1000, 0), []traffic.Event{traffic.Lift}},
		"next month":           {both, traffic.Standing{Period: noon().AddDate(0, -1, 0), Notice: 100, Throttled: true}, month(0, 0), []traffic.Event{traffic.Lift}},
		"next month, much":     {both, traffic.Standing{Period: noon().AddDate(0, -1, 0), Notice: 100, Throttled: true}, month(2000, 0), []traffic.Event{traffic.Notice100}},
		"only what was sent":   {with(func(p *traffic.Policy) { p.Counted = traffic.Out }), traffic.Standing{}, month(2000, 799), nil},
		"only what came":       {with(func(p *traffic.Policy) { p.Counted = traffic.In }), traffic.Standing{}, month(800, 9999), []traffic.Event{traffic.Notice80}},
		"the larger":           {with(func(p *traffic.Policy) { p.Counted = traffic.Larger }), traffic.Standing{}, month(700, 810), []traffic.Event{traffic.Notice80}},
	} {
		after, got := c.policy.Decide(c.before, c.month)
		if !cmp.Equal(got, c.want) || after.Period != noon() {
			t.Errorf("%s: %v, standing %+v; want %v", name, got, after, c.want)
		}
	}
}
