package retention_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/retention"
)

var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago",
	"America/St_Johns", "Africa/Casablanca", "Pacific/Chatham",
}

// site is a machine with its storage, run by the rules of the package as a caller has to: one backup at a time, verified
// before anything goes.
type site struct {
	t        *rapid.T
	now      time.Time
	zone     *time.Location
	plan     retention.Plan
	quota    int
	have     []retention.Copy
	running  *run
	started  map[string]int // attempts that succeeded, by slot
	attempts int
}

type run struct {
	had  int // copies when it began
	slot retention.Slot
	ends time.Time
	as   string // good, bad or lost
}

// tick is one look of a scheduler.
func (s *site) tick() {
	if s.running != nil {
		s.finish()
		return
	}
	slot, is := s.plan.Look(s.now, s.zone)
	if is != retention.Due || (retention.Wish{Kind: retention.Backup, Scheduled: true, Quota: s.quota, Storage: "s", Have: s.have}).Refusal() != nil {
		return
	}
	if slot.At.After(s.now) {
		s.t.Fatalf("slot %v is due before its time, at %s", slot, s.now)
	}
	s.attempts++
	s.running = &run{len(s.have), slot, s.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(s.t, "minutes to back up")) * time.Minute), rapid.SampledFrom([]string{"good", "good", "good", "bad", "lost"}).Draw(s.t, "ends as")}
}

func (s *site) finish() {
	if s.now.Before(s.running.ends) {
		return
	}
	r := s.running
	s.running = nil
	if r.as == "lost" {
		return
	}
	before := good(s.have)
	made := retention.Copy{ID: strconv.Itoa(s.attempts), Made: r.ends, State: retention.Pending}
	s.have = append(s.have, made)
	if len(s.have) > max(s.quota, r.had)+1 { // who takes a protection away leaves one too many until the next backup
		s.t.Fatalf("%d copies with a quota of %d while one is verified", len(s.have), s.quota)
	}
	s.rotate() // before it is verified nothing goes
	made.State = map[string]retention.State{"good": retention.Good, "bad": retention.Bad}[r.as]
	s.have[len(s.have)-1] = made
	if r.as == "good" {
		s.plan.Last = r.slot.Day
		s.started[r.slot.Day.String()]++
	}
	s.rotate()
	if len(s.have) > max(s.quota, s.kept()+1) {
		s.t.Fatalf("%d copies stay with a quota of %d", len(s.have), s.quota)
	}
	if good(s.have) < min(before, s.quota) {
		s.t.Fatalf("%d good copies became %d with a quota of %d", before, good(s.have), s.quota)
	}
}

func (s *site) kept() int {
	return len(slices.DeleteFunc(slices.Clone(s.have), func(c retention.Copy) bool { return !c.Protected }))
}

func (s *site) rotate() {
	for _, c := range retention.Surplus(s.have, s.quota) {
		s.have = slices.DeleteFunc(s.have, func(h retention.Copy) bool { return h.ID == c.ID })
		newest, found := retention.LastGood(s.have)
		if c.Protected || c.State == retention.Good && (!found || !newest.After(c.Made)) {
			s.t.Fatalf("%v went without a newer good one; left: %v", c, s.have)
		}
	}
}

func good(list []retention.Copy) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(c retention.Copy) bool { return c.State != retention.Good }))
}

func drawWeek(t *rapid.T) retention.Week {
	var w retention.Week
	for day := time.Sunday; day <= time.Saturday; day++ {
		if rapid.Bool().Draw(t, "planned") {
			if err := w.Set(day, fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return w
}

// Weeks pass in steps of minutes to days; the zone of WHMCS, the plan, the quota and protections change in between. No slot is
// served twice, no quota exceeded but by the one copy under verification, no good copy removed before a newer one is verified.
func TestWeeks_noSlotTwiceNoQuotaExceededNothingRemovedTooEarly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &site{
			t: t, now: time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, 0, 0, time.UTC),
			zone: zoneOf(t), quota: rapid.IntRange(1, 4).Draw(t, "quota"), started: map[string]int{},
		}
		s.plan = retention.Plan{Week: drawWeek(t), Since: s.now}
		for range rapid.IntRange(20, 150).Draw(t, "steps") {
			s.now = s.now.Add(time.Duration(rapid.SampledFrom([]int{5, 5, 5, 30, 240, 1000, 5000, 20000}).Draw(t, "minutes pass")) * time.Minute)
			s.something()
			s.tick()
		}
		for slot, times := range s.started {
			if times > 1 {
				t.Fatalf("%d backups for the slot of %s", times, slot)
			}
		}
	})
}

// something happens that a scheduler does not control.
func (s *site) something() {
	switch rapid.IntRange(0, 40).Draw(s.t, "event") {
	case 0:
		s.zone = zoneOf(s.t)
	case 1:
		s.plan.Week, s.plan.Since = drawWeek(s.t), s.now
	case 2:
		if len(s.have) > 0 {
			s.have[rapid.IntRange(0, len(s.have)-1).Draw(s.t, "which")].Protected = rapid.Bool().Draw(s.t, "protected")
		}
	case 3:
		s.quota = max(s.quota, rapid.IntRange(1, 4).Draw(s.t, "new quota"))
	}
}

func zoneOf(t *rapid.T) *time.Location {
	z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// A scheduler that looks twice an hour serves every slot of a year in its time, exactly once, in any zone.
func TestWeeks_everySlotOfAYearIsServedOnce(t *testing.T) {
	t.Parallel()
	const pause = 30 * time.Minute
	for _, name := range zones {
		for _, clock := range []string{"00:00", "01:15", "02:30", "23:59"} {
			t.Run(name+" at "+clock, func(t *testing.T) {
				t.Parallel()
				z := zone(t, name)
				start := time.Date(2026, 1, 1, 12, 0, 0, 0, z)
				p := retention.Plan{Week: daily(t, clock), Since: start.UTC()}
				served := 0
				for now := start; now.Before(start.AddDate(1, 0, 0)); now = now.Add(pause) {
					slot, is := p.Look(now.UTC(), z)
					if is != retention.Due {
						continue
					}
					if late := now.Sub(slot.At); late < 0 || late > pause || !p.Last.IsZero() && slot.Day != p.Last.Add(1) {
						t.Fatalf("slot %v after %v, %s late", slot, p.Last, late)
					}
					p.Last = slot.Day
					served++
				}
				if served != 365 {
					t.Errorf("%d of 365 slots were served", served)
				}
			})
		}
	}
}

func daily(t *testing.T, clock string) retention.Week {
	t.Helper()
	return week(t, strings.ReplaceAll(`["x","x","x","x","x","x","x"]`, "x", clock))
}
