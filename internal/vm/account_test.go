package vm_test

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// account is what WHMCS, its staff and the client have asked for of one service, as far as it was accepted.
type account struct {
	id        int64
	family    int  // products that it may change between
	product   int  // of the family
	drop      bool // the option Additional Disk says 0
	ordered   bool // at least once
	live      bool
	suspended bool
	systems   []int // sizes of disks that its guest may have come by
	seconds   []int

	mayBeOff  bool // somebody pressed Stop, or a node failed
	removed   bool // somebody pressed VMRemove
	abandoned bool // an admin ended a change that was under way
	detour    bool // an admin moved it past the end of its deploy
	unmailed  bool // it was suspended since its last change, and no mail may have gone out
	kept      []order
	diary     []string // every attempt, for whoever has to find a fault
}

// order is one that was accepted; before and after are the newest entry of the outbox around it.
type order struct {
	what          string
	before, after int64
}

// What the mails and entries of the outbox go back to.
const (
	orderBuild    = "build"
	orderChange   = "change"
	orderEnd      = "end"
	orderPassword = "password"
)

// begin is a new life with a new guest.
func (a *account) begin() {
	a.ordered, a.live, a.suspended = true, true, false
	a.systems, a.seconds = nil, nil
	a.rebuilt()
	a.removed, a.mayBeOff = false, false
}

// rebuilt is a build that reads afresh what is wanted.
func (a *account) rebuilt() { a.abandoned, a.detour, a.unmailed = false, false, a.suspended }

// orders lists those of a kind.
func (a *account) orders(what string) []order {
	return slices.DeleteFunc(slices.Clone(a.kept), func(o order) bool { return o.what != what })
}

// last is the newest order of a kind; ok is false when there is none.
func (a *account) last(what string) (o order, ok bool) {
	list := a.orders(what)
	if len(list) == 0 {
		return o, false
	}
	return list[len(list)-1], true
}

// wanted is what the guest should be, with the disks that it may have kept: they never shrink, and only an explicit 0 takes the
// second one away. system and second are the sizes that it has, 0 = none.
func (a *account) wanted(w wish, system, second int) wish {
	if slices.Contains(a.systems, system) {
		w.System.Size = max(w.System.Size, system)
	}
	switch {
	case a.drop:
		w.Additional = wishedDisk{}
	case slices.Contains(a.seconds, second):
		w.Additional.Size = max(w.Additional.Size, second)
	}
	return w
}

// rests tells that nothing stands between what was asked for and the guest.
func (a *account) rests(m vm.Machine) bool { return a.live && m.Status == vm.Ready && !a.abandoned }
