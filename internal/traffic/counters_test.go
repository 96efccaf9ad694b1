package traffic_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

const (
	simulated = 60 * 24 * time.Hour
	missed    = 0.10 // of the polls
)

// bill is what 60 days of polls make of a machine.
type bill struct {
	truth     traffic.Volume
	booked    traffic.Volume
	estimated uint64
	months    map[time.Time]traffic.Volume // last value that was seen of each period
	hours     []traffic.Hour
	events    int
	polls     int
}

// live lets 60 days pass with a poll an hour. ask gives averages.
func live(seed uint64, ask func(*machine, time.Time) []traffic.Average) bill {
	start := time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC)
	zone, _ := time.LoadLocation("Europe/Berlin")
	calendar := traffic.Calendar{Zone: zone, Day: 1}
	polls := rand.New(rand.NewPCG(seed, 99))
	m := newMachine(seed, start)
	m.step()
	state := traffic.State{Last: m.read()}
	base := m.count // what the first reading cannot show is not billed
	m.truth = traffic.Volume{}
	state.Last.Volume = base
	b := bill{months: map[time.Time]traffic.Volume{}}
	for i := time.Duration(1); i*tick < simulated; i++ {
		m.step()
		if i*tick%time.Hour != 0 || i*tick+time.Hour < simulated && polls.Float64() < missed {
			continue
		}
		b.polls++
		next := m.read()
		p, ok := traffic.Between(state.Last, next)
		if !ok {
			continue
		}
		var averages []traffic.Average
		if since := p.Asks(); !since.IsZero() {
			averages = ask(m, since)
		}
		hours, _ := p.Hours(averages, zone)
		var closed []traffic.Hour
		state, closed = state.Book(next, hours, calendar)
		b.hours = append(b.hours, closed...)
		b.months[state.Month.From] = state.Month.Volume
	}
	b.hours = append(b.hours, state.Open)
	for _, h := range b.hours {
		b.booked, b.estimated = b.booked.Plus(h.Volume), b.estimated+h.Estimated
	}
	b.truth, b.events = m.truth, m.events
	return b
}

func off(booked, truth uint64) float64 {
	return math.Abs(float64(booked)-float64(truth)) / float64(truth)
}

// Sixty days of traffic with restarts, stops, migrations, other network cards and a tenth of the polls missed: what is billed
// is what passed, to half a percent.
func TestCounters_billWhatPassed(t *testing.T) {
	t.Parallel()
	for _, release := range []int{7, 9} {
		t.Run(fmt.Sprintf("release %d", release), func(t *testing.T) {
			t.Parallel()
			var truth, booked traffic.Volume
			var estimated uint64
			for seed := range uint64(4) {
				b := live(seed, func(m *machine, since time.Time) []traffic.Average { return m.averages(release, since) })
				if b.events < 5 || b.polls > 1350 {
					t.Fatalf("machine %d: %d events, %d polls prove nothing", seed, b.events, b.polls)
				}
				in, out := off(b.booked.In, b.truth.In), off(b.booked.Out, b.truth.Out)
				t.Logf("machine %2d: %3d events, %d of 1440 polls, %.4g GB, off by %.3f %% in, %.3f %% out, %.2f %% estimated", seed, b.events, b.polls,
					float64(b.truth.Total())/1e9, 100*in, 100*out, 100*float64(b.estimated)/float64(b.booked.Total()))
				if in > 0.005 || out > 0.005 {
					t.Errorf("machine %d: booked %+v, passed %+v", seed, b.booked, b.truth)
				}
				truth, booked, estimated = truth.Plus(b.truth), booked.Plus(b.booked), estimated+b.estimated
			}
			t.Logf("all: off by %.3f %% in, %.3f %% out, %.2f %% estimated", 100*off(booked.In, truth.In), 100*off(booked.Out, truth.Out),
				100*float64(estimated)/float64(booked.Total()))
		})
	}
}

// Without averages the same world is billed too little and never too much: nothing is made up.
func TestCounters_aloneNeverBillTooMuch(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		b := live(seed, func(*machine, time.Time) []traffic.Average { return nil })
		if b.booked.In > b.truth.In || b.booked.Out > b.truth.Out || b.estimated != 0 {
			t.Errorf("machine %d: booked %+v of %+v, %d estimated", seed, b.booked, b.truth, b.estimated)
		}
		if off(b.booked.In, b.truth.In) < 0.005 {
			t.Errorf("machine %d: booked %+v of %+v: the world is too kind to test averages", seed, b.booked, b.truth)
		}
	}
}

// The months that MetricProvider shows are the sums of the hours, and hours come once each.
func TestCounters_monthsAreTheSumsOfTheirHours(t *testing.T) {
	t.Parallel()
	zone, _ := time.LoadLocation("Europe/Berlin")
	b := live(3, func(m *machine, since time.Time) []traffic.Average { return m.averages(9, since) })
	sums := map[time.Time]traffic.Volume{}
	seen := map[time.Time]bool{}
	for _, h := range b.hours {
		from := traffic.Calendar{Zone: zone, Day: 1}.Period(h.Start).From
		sums[from] = sums[from].Plus(h.Volume)
		if seen[h.Start] || h.Start.Minute() != 0 || h.Start.Location() != time.UTC {
			t.Errorf("hour %v twice or no hour", h.Start)
		}
		seen[h.Start] = true
	}
	if len(sums) != 3 || len(b.months) != 3 {
		t.Fatalf("months: %v, %v", sums, b.months)
	}
	newest := time.Time{}
	for from := range sums {
		if from.After(newest) {
			newest = from
		}
	}
	if sums[newest] != b.months[newest] {
		t.Errorf("month %v: hours make %+v, shown was %+v", newest, sums[newest], b.months[newest])
	}
	for from, v := range sums { // a poll that closes a month belongs to the next one
		if shown := b.months[from]; off(shown.In, v.In) > 0.01 || shown.In > v.In {
			t.Errorf("month %v: hours make %+v, shown was %+v", from, v, shown)
		}
	}
}
