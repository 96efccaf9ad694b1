package traffic_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

func zones(t *rapid.T) *time.Location {
	name := rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "America/Sao_Paulo", "Africa/Cairo",
	}).Draw(t, "zone")
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func moments(t *rapid.T, label string) time.Time {
	return time.Unix(rapid.Int64Range(1_500_000_000, 1_900_000_000).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" ns")).UTC()
}

// Bytes in hours are the bytes that were proven, to the last one, whatever the zone does with its clocks; hours come once
// each, in their order, and none lies outside.
func TestHours_keepEveryByte(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, from := zones(t), moments(t, "from")
		p := traffic.Passage{
			Proven: traffic.Volume{In: rapid.Uint64Max(1<<63).Draw(t, "in"), Out: rapid.Uint64Max(1<<63).Draw(t, "out")},
			Within: traffic.Span{From: from, To: from.Add(time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "length")))},
		}
		hours, missing := p.Hours(nil, zone)
		var sum traffic.Volume
		for i, h := range hours {
			sum = sum.Plus(h.Volume)
			if h.Estimated != 0 || h.Start.In(zone).Minute() != 0 && zone.String() != "Australia/Lord_Howe" || !h.Start.Add(time.Hour).After(from) || h.Start.After(p.Within.To) {
				t.Fatalf("hour %+v of %+v", h, p)
			}
			if i > 0 && !h.Start.After(hours[i-1].Start) {
				t.Fatalf("hours %+v", hours)
			}
		}
		if sum != p.Proven || missing != 0 {
			t.Fatalf("%+v became %+v", p.Proven, sum)
		}
	})
}

// However many polls are missed, the sum of what is left is the growth of the counter; a reading that is repeated adds nothing.
func TestBetween_missedPollsLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, up, v := noon(), 24*time.Hour, traffic.Volume{In: 1 << 40, Out: 1 << 30}
		first := traffic.Reading{At: at, Uptime: up, Volume: v}
		state, zone := traffic.State{Last: first}, zones(t)
		var closed []traffic.Hour
		for i := range rapid.IntRange(1, 50).Draw(t, "polls") {
			d := time.Duration(rapid.Int64Range(1, int64(3*time.Hour)).Draw(t, "later"))
			at, up = at.Add(d), up+d
			v = v.Plus(traffic.Volume{In: rapid.Uint64Max(1<<40).Draw(t, "in"), Out: rapid.Uint64Max(1<<40).Draw(t, "out")})
			if i > 0 && rapid.Bool().Draw(t, "missed") {
				continue
			}
			next := traffic.Reading{At: at, Uptime: up - time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "age")), Volume: v}
			for range 2 {
				if p, ok := traffic.Between(state.Last, next); ok {
					hours, _ := p.Hours(nil, zone)
					var done []traffic.Hour
					state, done = state.Book(next, hours, traffic.Calendar{Zone: zone, Day: 1})
					closed = append(closed, done...)
				}
			}
		}
		sum := state.Open.Volume
		for _, h := range closed {
			sum = sum.Plus(h.Volume)
		}
		if want := (traffic.Volume{In: state.Last.In - first.In, Out: state.Last.Out - first.Out}); sum != want {
			t.Fatalf("booked %+v, counted %+v", sum, want)
		}
	})
}

// Every moment lies in one period, periods meet without gaps, begin at midnight on their day and last 28 to 31 days.
func TestPeriod_periodsMeet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := traffic.Calendar{Zone: zones(t), Day: rapid.IntRange(1, 31).Draw(t, "day")}
		at := moments(t, "moment")
		p := c.Period(at)
		if !p.Holds(at) {
			t.Fatalf("%v does not lie in %+v", at, p)
		}
		if next, before := c.Period(p.To), c.Period(p.From.Add(-1)); !next.From.Equal(p.To) || !before.To.Equal(p.From) {
			t.Fatalf("%+v, %+v, %+v do not meet", before, p, next)
		}
		days := int((p.Length() + 12*time.Hour) / (24 * time.Hour))
		first := p.From.In(c.Zone)
		if days < 28 || days > 31 || first.Day() != c.Day && first.AddDate(0, 0, 1).Day() != 1 {
			t.Fatalf("%v: %d days from %v", at, days, first)
		}
	})
}

// However a month goes, each event comes once in a period, and a throttled service is freed when the next one begins.
func TestDecide_eachEventOnceAPeriod(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := traffic.Policy{Limit: 1000, Counted: rapid.SampledFrom([]traffic.Counted{traffic.Both, traffic.In, traffic.Out, traffic.Larger}).Draw(t, "counted"), Throttle: 1}
		var s traffic.Standing
		month := traffic.Month{From: noon()}
		for range rapid.IntRange(1, 4).Draw(t, "months") {
			seen := map[traffic.Event]int{}
			for range rapid.IntRange(1, 20).Draw(t, "readings") {
				slow := s.Throttled
				var events []traffic.Event
				s, events = p.Decide(s, month)
				for _, e := range events {
					seen[e]++
				}
				if used := p.Used(month.Volume); s.Throttled != (used >= 1000) || (seen[traffic.Notice100] > 0) != (used >= 1000) || slow && !s.Throttled && seen[traffic.Lift] != 1 {
					t.Fatalf("%d used: %+v, %v", used, s, seen)
				}
				month.Volume = month.Plus(traffic.Volume{In: rapid.Uint64Max(200).Draw(t, "in"), Out: rapid.Uint64Max(200).Draw(t, "out")})
			}
			for e, n := range seen {
				if n > 1 {
					t.Fatalf("%s came %d times", e, n)
				}
			}
			month = traffic.Month{From: month.From.AddDate(0, 1, 0)}
		}
	})
}
