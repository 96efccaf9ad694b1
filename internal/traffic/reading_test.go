package traffic_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

func noon() time.Time { return time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC) }

// reading at a moment after noon.
func reading(after, uptime time.Duration, in, out uint64) traffic.Reading {
	return traffic.Reading{
		Guest: traffic.Guest{Server: 1, VMID: 100}, Node: "pve1", At: noon().Add(after), Uptime: uptime, Volume: traffic.Volume{In: in, Out: out},
	}
}

func on(node string, r traffic.Reading) traffic.Reading {
	r.Node = node
	return r
}

func as(vmid int, r traffic.Reading) traffic.Reading {
	r.VMID = vmid
	return r
}

func after(from, to time.Duration) traffic.Span {
	return traffic.Span{From: noon().Add(from), To: noon().Add(to)}
}

func TestBetween_tellsWhatTheCountersProveAndWhatNot(t *testing.T) {
	t.Parallel()
	const h, m, day = time.Hour, time.Minute, 24 * time.Hour
	type want = traffic.Passage
	v := func(in, out uint64) traffic.Volume { return traffic.Volume{In: in, Out: out} }
	for name, c := range map[string]struct {
		last, next traffic.Reading
		want       traffic.Passage
		nothing    bool
	}{
		"counted on":                   {reading(0, day, 100, 50), reading(h, day+h, 175, 60), want{Proven: v(75, 10), Within: after(0, h)}, false},
		"counted on over missed polls": {reading(0, day, 100, 50), reading(9*h, day+9*h, 175, 60), want{Proven: v(75, 10), Within: after(0, 9*h)}, false},
		"figures of another age":       {reading(0, day, 100, 50), reading(h, day+h-20*time.Second, 175, 60), want{Proven: v(75, 10), Within: after(0, h)}, false},
		"restarted":                    {reading(0, day, 100, 50), reading(h, 20*m, 30, 5), want{Proven: v(30, 5), Within: after(40*m, h), Unseen: after(0, 40*m)}, false},
		"restarted and counted more":   {reading(0, day, 100, 50), reading(h, 20*m, 300, 500), want{Proven: v(300, 500), Within: after(40*m, h), Unseen: after(0, 40*m)}, false},
		"restarted, up for longer":     {reading(0, m, 100, 50), reading(9*h, 3*h, 300, 500), want{Proven: v(300, 500), Within: after(6*h, 9*h), Unseen: after(0, 6*h)}, false},
		"restarted at once":            {reading(0, day, 100, 50), reading(h, h-5*time.Second, 30, 5), want{Proven: v(30, 5), Within: after(5*time.Second, h)}, false},
		"restarted before, seen late":  {reading(0, day, 100, 50), reading(h, h+15*time.Second, 30, 5), want{Proven: v(30, 5), Within: after(0, h)}, false},
		"migrated":                     {reading(0, day, 100, 50), on("pve2", reading(h, 20*m, 30, 5)), want{Proven: v(30, 5), Within: after(40*m, h), Floor: true, Unseen: after(0, 40*m)}, false},
		"another network card":         {reading(0, day, 100, 50), reading(h, day+h, 30, 5), want{Proven: v(30, 5), Within: after(0, h), Floor: true}, false},
		"one count went round":         {reading(0, day, 1<<32-10, 50), reading(h, day+h, 30, 60), want{Proven: v(30, 10), Within: after(0, h), Floor: true}, false},
		"stopped":                      {reading(0, day, 100, 50), reading(h, 0, 0, 0), want{Within: after(h, h), Unseen: after(0, h)}, false},
		"was stopped":                  {reading(0, 0, 0, 0), reading(h, 20*m, 30, 5), want{Proven: v(30, 5), Within: after(40*m, h), Unseen: after(0, 40*m)}, false},
		"stopped all the time":         {reading(0, 0, 0, 0), reading(h, 0, 0, 0), want{Within: after(0, h)}, false},
		"stopped, long out of sight":   {reading(0, 0, 0, 0), reading(5*h, 0, 0, 0), want{Within: after(5*h, 5*h), Unseen: after(0, 5*h)}, false},
		"the clock went forward":       {reading(0, day, 100, 50), reading(9*h, day+h, 175, 60), want{Proven: v(75, 10), Within: after(0, 9*h)}, false},
		"the clock went back":          {reading(9*h, day, 100, 50), reading(h, day+h, 175, 60), want{Proven: v(75, 10), Within: after(h, h)}, false},
		"back and restarted":           {reading(9*h, day, 100, 50), reading(h, m, 1, 1), want{Within: after(h, h)}, false},
		"the same again":               {reading(h, day, 100, 50), reading(h, day, 100, 50), want{}, true},
		"a moment older":               {reading(h, day, 100, 50), reading(h-m, day-m, 90, 50), want{}, true},
		"another guest, older":         {reading(0, day, 100, 50), as(101, reading(h, 90*day, 1e9, 1e9)), want{Within: after(h, h)}, false},
		"another guest, new":           {reading(0, day, 100, 50), as(101, reading(h, 20*m, 30, 5)), want{Proven: v(30, 5), Within: after(40*m, h)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := traffic.Between(c.last, c.next)
			if ok == c.nothing || !cmp.Equal(got, c.want) {
				t.Errorf("ok %t: %s", ok, cmp.Diff(c.want, got))
			}
			if asks := got.Asks(); asks.IsZero() != (got.Unseen.Length() == 0 && !got.Floor) || !asks.IsZero() && !asks.Equal(c.last.At) {
				t.Errorf("asks for averages since %v", asks)
			}
		})
	}
}

func TestFirst_countsOnlyWhatPassedSinceTheOrder(t *testing.T) {
	t.Parallel()
	now := reading(time.Hour, 20*time.Minute, 30, 5)
	if got := traffic.First(now, noon()); got.Proven != now.Volume || got.Within != after(40*time.Minute, time.Hour) {
		t.Errorf("a guest of the order: %+v", got)
	}
	for name, p := range map[string]traffic.Passage{
		"older than the order": traffic.First(now, noon().Add(50*time.Minute)),
		"long ago":             traffic.First(reading(0, 8*24*time.Hour, 30, 5), noon().AddDate(0, -1, 0)),
		"not running":          traffic.First(reading(time.Hour, 0, 0, 0), noon()),
	} {
		if hours, _ := p.Hours(nil, time.UTC); p.Proven != (traffic.Volume{}) || len(hours) != 0 || !p.Asks().IsZero() {
			t.Errorf("%s: %+v makes %v", name, p, hours)
		}
	}
}

func TestHours_raiseWhatMayBeTooLittleAndAddWhatIsUnseen(t *testing.T) {
	t.Parallel()
	minute := func(from, to time.Duration, in, out float64) traffic.Average {
		return traffic.Average{Span: after(from, to), In: in, Out: out}
	}
	const m = time.Minute
	p := traffic.Passage{Proven: traffic.Volume{In: 600, Out: 6000}, Within: after(30*m, 60*m), Floor: true, Unseen: after(-20*m, 30*m)}
	averages := []traffic.Average{minute(-30*m, -10*m, 1, 2), minute(10*m, 60*m, 1, 2)} // 1800 in, 3600 out in Within
	got, missing := p.Hours(averages, time.UTC)
	want := []traffic.Hour{
		{Start: noon().Add(-time.Hour), Volume: traffic.Volume{In: 600, Out: 1200}, Estimated: 1800},
		{Start: noon(), Volume: traffic.Volume{In: 1800 + 1200, Out: 6000 + 2400}, Estimated: 1200 + 1200 + 2400},
	}
	if !cmp.Equal(got, want) || missing != 20*m {
		t.Errorf("missing %v: %s", missing, cmp.Diff(want, got))
	}
	if got, missing := (traffic.Passage{Unseen: after(0, 3*time.Hour)}).Hours(averages[1:], time.UTC); len(got) != 1 || missing != 130*m {
		t.Errorf("hours that nobody knows became %v, missing %v", got, missing)
	}
	if got, _ := (traffic.Passage{Within: after(0, 2*time.Hour)}).Hours(nil, time.UTC); len(got) != 2 {
		t.Errorf("hours known to be silent became %v", got)
	}
}
