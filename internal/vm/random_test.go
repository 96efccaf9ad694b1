package vm_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// suiteSeed is the storm of the suite; KVMBRIDGE_TEST_SEED names another one.
const suiteSeed = 1

// stormEvents is how much somebody wants in that time; KVMBRIDGE_TEST_STORM=full wants three times as much.
func stormEvents() int {
	if os.Getenv("KVMBRIDGE_TEST_STORM") == "full" {
		return 1800
	}
	return 600
}

// Half an hour in which everything that can happen happens to 200 services at once: afterwards every service has what WHMCS
// says, and nothing else is left.
func TestRandom_halfAnHourOfEverything(t *testing.T) {
	t.Parallel()
	const length, services = 30 * time.Minute, 200
	seed, events := seedOf(t, suiteSeed), stormEvents()
	t.Logf("seed %d, %d events", seed, events)
	s := newStorm(t, seed, services)
	s.spawn()
	s.weather(length)
	for n := 0; n < events || s.elapsed() < length; s.step() {
		for ; n < events && s.elapsed() >= length*time.Duration(n)/time.Duration(events); n++ {
			s.happen(n)
		}
	}
	s.clearUp()
	s.report(s.count())
}

// clearUp ends the storm: the faults are over, time passes until everything has settled, and an admin does what only people can do.
func (s *storm) clearUp() {
	s.t.Helper()
	select {
	case <-s.doom:
	default:
	}
	if len(s.procs) == 0 {
		s.spawn()
	}
	s.calm(s.help)
	s.help()
	s.calm(s.help)
	for _, a := range s.accounts { // of those that were switched off nobody knows what they should be
		if m, err := s.store.Find(s.t.Context(), a.id); err == nil && a.live && a.mayBeOff && !a.suspended && m.Status == vm.Ready {
			must(s.t, s.desk.Run(s.t.Context(), a.id, vm.JobStart))
		}
	}
	s.calm(func() {})
}

// help is an admin who looks at the list of what needs a person: ends again what could not be removed, and builds again
// what somebody removed by hand.
func (s *storm) help() {
	for _, a := range s.accounts {
		m, err := s.store.Find(s.t.Context(), a.id)
		if err != nil {
			continue
		}
		_, exists := s.sim.Guest(m.VMID)
		switch {
		case m.Status == vm.ErrorTerminate:
			must(s.t, s.desk.Terminate(s.t.Context(), a.id))
		case a.live && a.removed && !exists && !vm.Building(m.Status) && m.Status != vm.Reinstall:
			must(s.t, s.resetTo(a, vm.SetIP, orderBuild))
		}
	}
}

// report says which invariants are broken, and what happened to the services in question.
func (s *storm) report(c *census) {
	s.t.Helper()
	s.t.Logf("%d settlements, %v", s.tally.settled, s.counted)
	found := c.broken()
	for _, name := range slices.Sorted(maps.Keys(found)) {
		s.t.Errorf("%s: %d broken:\n%s", name, len(found[name]), strings.Join(found[name], "\n"))
	}
	told := strings.Join(slices.Concat(slices.Collect(maps.Values(found))...), "\n")
	shown := 0
	for _, a := range s.accounts {
		if shown < 5 && regexp.MustCompile(fmt.Sprintf(`service %d\b`, a.id)).MatchString(told) {
			shown++
			s.t.Logf("service %d: %+v\n\t%s\n\t%s", a.id, *a, strings.Join(a.diary, "\n\t"), s.story(a.id))
		}
	}
}
