package vm_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// happening is something that somebody wants of a service; do orders it and writes down what was accepted.
type happening struct {
	name   string
	weight int
	do     func(s *storm, a *account, r *rand.Rand) error
}

func happenings() []happening {
	return []happening{
		{"change", 24, (*storm).change},
		{"suspend", 10, (*storm).suspend},
		{"unsuspend", 14, (*storm).unsuspend},
		{"terminate", 7, (*storm).end},
		{"create", 12, (*storm).create},
		{"reinstall", 5, (*storm).reinstall},
		{"redeploy", 5, (*storm).redeploy},
		{"reset", 6, (*storm).reset},
		{"DNS", 4, (*storm).resyncDNS},
		{"button", 14, (*storm).button},
		{"start", 6, (*storm).pressStart},
		{"stop", 4, (*storm).pressStop},
		{"VMRemove", 2, (*storm).remove},
		{"VMClone", 2, (*storm).clone},
		{"password", 4, (*storm).password},
		{"delete record", 2, (*storm).forget},
	}
}

// happen lets the n-th thing happen. What it is depends on the seed alone; what becomes of it on the hour. A service that has
// no machine is ordered more often than not.
func (s *storm) happen(n int) {
	r := rand.New(rand.NewPCG(s.seed, uint64(1000+n)))
	a, what := pick(r, s.accounts...), pickHappening(r)
	if n < len(s.accounts)*3/2 && n%3 < 2 { // everybody orders in the beginning, and has other wishes meanwhile
		a, what = s.accounts[n/3*2+n%3], happening{"create", 0, (*storm).create}
	} else if !a.live && r.IntN(3) > 0 {
		what = happening{"create", 0, (*storm).create}
	}
	s.attempt(what, a, r)
}

func pickHappening(r *rand.Rand) happening {
	sum := 0
	for _, h := range happenings() {
		sum += h.weight
	}
	n := r.IntN(sum)
	for _, h := range happenings() {
		if n -= h.weight; n < 0 {
			return h
		}
	}
	panic("the weights do not add up")
}

// attempt carries one out and counts it. A refusal is a sentence for a person; anything else is a fault.
func (s *storm) attempt(h happening, a *account, r *rand.Rand) {
	s.t.Helper()
	err := h.do(s, a, r)
	var refusal desk.Sentence
	switch {
	case err == nil:
		s.counted[h.name]++
	case errors.As(err, &refusal):
		s.counted[h.name+" refused"]++
	default:
		s.t.Errorf("%s of service %d: %v", h.name, a.id, err)
	}
	a.diary = append(a.diary, fmt.Sprintf("%s %s: %v", s.time.Now().Format(time.TimeOnly), h.name, err))
}

// ask lets time pass while the desk answers, and keeps what it accepted as an order of these kinds.
func (s *storm) ask(a *account, do func() error, kinds ...string) error {
	var err error
	o := order{before: s.newest()}
	s.while(func() { err = do() })
	o.after = s.newest()
	if err != nil {
		return err
	}
	for _, o.what = range kinds {
		a.kept = append(a.kept, o)
	}
	return nil
}

// newest is the last entry of the outbox.
func (s *storm) newest() int64 {
	n, err := strconv.ParseInt(s.db.Text(s.t, "SELECT COALESCE(MAX(id), 0) FROM kvmbridge_outbox"), 10, 64)
	must(s.t, err)
	return n
}

func (s *storm) create(a *account, _ *rand.Rand) error {
	kinds := []string{orderBuild}
	if a.live {
		kinds = nil // the same order twice is one
	}
	if err := s.ask(a, func() error { return s.desk.Create(s.t.Context(), a.id, "Secret-123") }, kinds...); err != nil {
		return err
	}
	if !a.live {
		a.begin()
		s.note(a)
		s.status(a, "Active")
	}
	return nil
}

// note keeps the sizes that the product has now among those that a guest may have.
func (s *storm) note(a *account) {
	w := s.wants(a)
	a.systems = append(a.systems, max(w.System.Size, 10))
	a.seconds = append(a.seconds, w.Additional.Size)
}

// change moves the service to another product of its family, with or without the option that takes the second disk away.
func (s *storm) change(a *account, r *rand.Rand) error {
	a.product, a.drop = r.IntN(len(s.families[a.family])), r.IntN(6) == 0
	s.db.Exec(s.t, "UPDATE tblhosting SET packageid = ? WHERE id = ?", s.families[a.family][a.product].id, a.id)
	s.db.Exec(s.t, "DELETE FROM tblhostingconfigoptions WHERE relid = ?", a.id)
	if a.drop {
		s.db.Option(s.t, a.id, "Additional Disk", "0|none")
	}
	s.note(a)
	if err := s.ask(a, func() error { return s.desk.ChangePackage(s.t.Context(), a.id) }, orderChange); err != nil {
		return err
	}
	a.abandoned, a.unmailed = false, a.suspended
	return nil
}

func (s *storm) suspend(a *account, _ *rand.Rand) error {
	if err := s.ask(a, func() error { return s.desk.Suspend(s.t.Context(), a.id) }); err != nil {
		return err
	}
	a.suspended, a.unmailed = true, true
	s.status(a, "Suspended")
	return nil
}

func (s *storm) unsuspend(a *account, _ *rand.Rand) error {
	if err := s.ask(a, func() error { return s.desk.Unsuspend(s.t.Context(), a.id) }); err != nil {
		return err
	}
	a.suspended = false
	s.status(a, "Active")
	return nil
}

func (s *storm) end(a *account, _ *rand.Rand) error {
	return s.finish(a, func() error { return s.desk.Terminate(s.t.Context(), a.id) })
}

func (s *storm) finish(a *account, do func() error) error {
	var kinds []string
	if a.live {
		kinds = []string{orderEnd}
	}
	if err := s.ask(a, do, kinds...); err != nil {
		return err
	}
	if a.live {
		a.live = false
		s.status(a, "Terminated")
	}
	return nil
}

func (s *storm) reinstall(a *account, _ *rand.Rand) error {
	if err := s.ask(a, func() error { return s.desk.Reinstall(s.t.Context(), a.id) }, orderBuild, orderPassword); err != nil {
		return err
	}
	a.rebuilt()
	return nil
}

func (s *storm) redeploy(a *account, _ *rand.Rand) error {
	if err := s.ask(a, func() error { return s.desk.Redeploy(s.t.Context(), a.id) }, orderBuild, orderPassword); err != nil {
		return err
	}
	a.rebuilt()
	return nil
}

// reset puts a machine where an admin may want it. Past the end of a deploy they put only what is built.
func (s *storm) reset(a *account, r *rand.Rand) error {
	to := pick(r, vm.Creation, vm.SetIP, vm.ChangePackage, vm.SetDNSRecords, vm.Ready, vm.Terminate)
	m, err := s.store.Find(s.t.Context(), a.id)
	switch {
	case !a.live || err != nil:
		return desk.Sentence("nobody resets what has ended")
	case to == vm.Terminate:
		return s.finish(a, func() error { return s.desk.Reset(s.t.Context(), a.id, to) })
	case to == vm.Creation, to == vm.SetIP && m.VMID != 0 && !m.Discard:
		return s.resetTo(a, to, orderBuild)
	case m.Status != vm.Ready && !strings.HasPrefix(string(m.Status), "cp_"):
		return desk.Sentence("nobody does that to what is not built")
	case to == vm.ChangePackage:
		a.detour = true
		return s.resetTo(a, to, orderChange)
	case to == vm.Ready:
		a.detour, a.abandoned = true, true
	}
	a.detour = true
	return s.resetTo(a, to)
}

func (s *storm) resetTo(a *account, to pipeline.State, kinds ...string) error {
	if err := s.ask(a, func() error { return s.desk.Reset(s.t.Context(), a.id, to) }, kinds...); err != nil {
		return err
	}
	if slices.Contains(kinds, orderBuild) {
		a.detour, a.unmailed = false, a.suspended
	}
	return nil
}

func (s *storm) resyncDNS(a *account, _ *rand.Rand) error {
	return asSentence(s.ask(a, func() error { return s.store.Wish(s.t.Context(), a.id, vm.SetDNSRecords) }))
}

// asSentence is for what the desk would say of a refusal.
func asSentence(err error) error {
	if errors.Is(err, vm.ErrRefused) || errors.Is(err, vm.ErrNoMachine) {
		return desk.Sentence(err.Error())
	}
	return err
}

// button is one that brings a part of the guest to what the product says.
func (s *storm) button(a *account, r *rand.Rand) error {
	job := pick(r, vm.JobAddresses, vm.JobGrow, vm.JobLimits, vm.JobDisk, vm.JobGrowDisk, vm.JobDiskLimit, vm.JobNetwork, vm.JobFirewall, vm.JobCPURAM, vm.JobCloudInit)
	return s.ask(a, func() error {
		if job == vm.JobCPURAM || job == vm.JobCloudInit {
			if err := s.desk.Stopped(s.t.Context(), a.id); err != nil {
				return err
			}
		}
		return s.desk.Run(s.t.Context(), a.id, job)
	})
}

// press is a button that wants the machine at ready.
func (s *storm) press(a *account, job vm.Job) error {
	return s.ask(a, func() error {
		if err := s.desk.AtReady(s.t.Context(), a.id); err != nil {
			return err
		}
		return s.desk.Run(s.t.Context(), a.id, job)
	})
}

func (s *storm) pressStart(a *account, _ *rand.Rand) error { return s.press(a, vm.JobStart) }

func (s *storm) pressStop(a *account, _ *rand.Rand) error {
	if err := s.press(a, vm.JobStop); err != nil {
		return err
	}
	a.mayBeOff = true
	return nil
}

// remove deletes the guest of a service and keeps its record.
func (s *storm) remove(a *account, _ *rand.Rand) error {
	err := s.ask(a, func() error {
		if err := s.desk.Stopped(s.t.Context(), a.id); err != nil {
			return err
		}
		return s.desk.Run(s.t.Context(), a.id, vm.JobRemove)
	})
	if err == nil {
		a.removed = true
	}
	return err
}

// clone builds a guest again that was removed.
func (s *storm) clone(a *account, _ *rand.Rand) error {
	if err := s.ask(a, func() error { return s.desk.Clone(s.t.Context(), a.id) }, orderBuild); err != nil {
		return err
	}
	a.detour = true // it may only have been tried again at once
	return nil
}

func (s *storm) password(a *account, r *rand.Rand) error {
	return s.ask(a, func() error {
		return s.desk.ChangePassword(s.t.Context(), a.id, "Secret-"+strconv.Itoa(r.IntN(1000)+100))
	}, orderPassword)
}

// forget deletes the record of what was removed.
func (s *storm) forget(a *account, _ *rand.Rand) error {
	m, err := s.store.Find(s.t.Context(), a.id)
	if err != nil || m.Status != vm.Removed {
		return desk.Sentence("nobody deletes the record of what may be there")
	}
	return s.ask(a, func() error { return s.desk.DeleteRecord(s.t.Context(), a.id) })
}
