package vm_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// weather is what goes wrong by itself: each kind happens again and again, about as far apart as it says.
func (s *storm) weather(length time.Duration) {
	r := rand.New(rand.NewPCG(s.seed, 2))
	for _, w := range []struct {
		name  string
		every time.Duration
		do    func(r *rand.Rand, lasts time.Duration)
	}{
		{"lost node", 150 * time.Second, s.loseNode},
		{"lock", 40 * time.Second, s.lockGuest},
		{"spoilt calls", 25 * time.Second, s.spoilCalls},
		{"deaf guest", time.Minute, s.deafen},
		{"struck process", 100 * time.Second, s.strikeProcess},
		{"replica", 5 * time.Minute, s.addReplica},
	} {
		for at := spread(r, w.every); at < length; at += spread(r, w.every) {
			own := rand.New(rand.NewPCG(r.Uint64(), 0))
			s.later(at, func() {
				s.counted[w.name]++
				w.do(own, spread(own, 30*time.Second))
			})
		}
	}
}

// spread is a time of about d.
func spread(r *rand.Rand, d time.Duration) time.Duration {
	return d/4 + time.Duration(r.Int64N(int64(d)*3/2))
}

// loseNode cuts a node off for a while. Without the first one the cluster does not answer at all. The guests of other people
// are started again by them, ours may be off from then on.
func (s *storm) loseNode(r *rand.Rand, lasts time.Duration) {
	node := pick(r, "pve1", "pve2", "pve2", "pve3", "pve3")
	s.sim.SetNodeOnline(node, false)
	s.later(lasts, func() {
		mark := s.marks()
		for _, g := range s.guests() {
			for word := range strings.FieldsSeq(g.Description) {
				if a := mark[word]; a != nil && g.Node == node {
					a.mayBeOff = true
				}
			}
		}
		s.sim.SetNodeOnline(node, true)
		for _, g := range s.foreign {
			s.sim.SetRunning(g.VMID, g.Running)
		}
	})
}

// marks are what the guests of the services carry.
func (s *storm) marks() map[string]*account {
	instance, marks := s.instance(), map[string]*account{}
	for _, a := range s.accounts {
		marks[vm.Mark(instance, a.id)] = a
	}
	return marks
}

// guestOf is the id in a service's record, 0 = none.
func (s *storm) guestOf(a *account) int {
	m, err := s.store.Find(s.t.Context(), a.id)
	if err != nil || containsGuest(s.foreign, m.VMID) {
		return 0
	}
	return m.VMID
}

// lockGuest holds a guest as a backup would.
func (s *storm) lockGuest(r *rand.Rand, lasts time.Duration) {
	vmid := s.guestOf(pick(r, s.accounts...))
	if g, ok := s.sim.Guest(vmid); !ok || g.Lock != "" {
		return
	}
	s.sim.SetLock(vmid, "backup")
	s.later(3*lasts, func() {
		if g, _ := s.sim.Guest(vmid); g.Lock == "backup" {
			s.sim.SetLock(vmid, "")
		}
	})
}

// deafen gives a guest a system that does not hear when it is asked to shut down.
func (s *storm) deafen(r *rand.Rand, _ time.Duration) {
	if vmid := s.guestOf(pick(r, s.accounts...)); vmid != 0 {
		s.sim.SetHabits(vmid, pvesim.Habits{IgnoresACPI: true})
	}
}

// spoilCalls lets some of the next calls go wrong in one way.
func (s *storm) spoilCalls(r *rand.Rand, lasts time.Duration) {
	f := pick(r, spoils()...)
	f.Skip, f.Times = r.IntN(20), 1+r.IntN(6)
	s.later(lasts, s.sim.Fail(f))
}

const lockText = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout"

// spoils are ways in which calls go wrong.
func spoils() []pvesim.Fault {
	const qemu = "/nodes/*/qemu/*/**"
	return []pvesim.Fault{
		{Status: 595},
		{Status: 596},
		{Status: 599},
		{Status: http.StatusBadGateway, HTML: true, Reason: "nginx"},
		{Method: http.MethodPost, Path: qemu, Drop: pvesim.DropAfter},
		{Method: http.MethodPut, Path: qemu, Drop: pvesim.DropAfter},
		{Method: http.MethodDelete, Drop: pvesim.DropAfter},
		{Drop: pvesim.DropAfter},
		{Drop: pvesim.DropBefore},
		{Method: http.MethodPost, Path: "/nodes/*/qemu/*/clone", Drop: pvesim.DropAfter},
		{Method: http.MethodPost, Path: qemu, Status: http.StatusInternalServerError, Reason: lockText},
		{Method: http.MethodPut, Path: qemu, Status: http.StatusInternalServerError, Reason: lockText},
		{Method: http.MethodPost, Path: "/nodes/*/qemu/*/clone", TaskFails: "clone failed: " + lockText},
		{Method: http.MethodPost, Path: "/nodes/*/qemu/*/status/*", TaskFails: lockText},
		{Method: http.MethodPost, Path: "/nodes/*/qemu/*/migrate", TaskFails: "migration aborted"},
		{Method: http.MethodPut, Path: "/nodes/*/qemu/*/resize", TaskFails: lockText},
		{Method: http.MethodDelete, Path: "/nodes/*/qemu/*", TaskFails: lockText},
		{Method: http.MethodPut, Path: qemu, Delay: 20 * time.Second},
		{Method: http.MethodPost, Path: qemu, Delay: 40 * time.Second},
		{Delay: 5 * time.Second},
	}
}

// strikeProcess stops a process, kills it, kills it or breaks its connection at a commit, or keeps it from prolonging its leases.
// One that is gone is followed by another one.
func (s *storm) strikeProcess(r *rand.Rand, lasts time.Duration) {
	if len(s.procs) == 0 {
		return
	}
	p := pick(r, s.procs...)
	switch r.IntN(6) {
	case 0:
		s.procs = slices.DeleteFunc(s.procs, func(x *process) bool { return x == p })
		s.while(p.stop)
		s.replace(lasts)
	case 1:
		_ = p.die()
	case 2:
		p.lapsed.Store(true)
		s.later(2*lasts, func() { p.lapsed.Store(false) })
	default:
		select {
		case s.doom <- pick(r, mishaps()...):
		default:
		}
	}
}

// fate meets the next thing that any process writes down when it is its turn.
func (s *storm) fate(p *process, commit func() error) error {
	select {
	case h := <-s.doom:
		if h.committed {
			if err := commit(); err != nil {
				return err
			}
		}
		if h.dies {
			return p.die()
		}
		return errors.New("the connection to the database broke")
	default:
		return commit()
	}
}

// bury takes the processes that died out of the way. Their steps go on for a while, as those of one that was cut off would.
func (s *storm) bury() {
	for _, p := range slices.Clone(s.procs) {
		if p.dead.Load() {
			s.procs = slices.DeleteFunc(s.procs, func(x *process) bool { return x == p })
			s.later(15*time.Second, func() { s.while(p.stop) })
			s.replace(10 * time.Second)
		}
	}
}

// replace starts a process after a while where there is none.
func (s *storm) replace(in time.Duration) {
	s.later(in, func() {
		if len(s.procs) == 0 {
			s.spawn()
		}
	})
}

// addReplica lets two processes work side by side for some minutes.
func (s *storm) addReplica(_ *rand.Rand, lasts time.Duration) {
	if len(s.procs) != 1 {
		return
	}
	p := s.spawn()
	s.later(6*lasts, func() {
		if slices.Contains(s.procs, p) && len(s.procs) > 1 {
			s.procs = slices.DeleteFunc(s.procs, func(x *process) bool { return x == p })
			s.while(p.stop)
		}
	})
}
