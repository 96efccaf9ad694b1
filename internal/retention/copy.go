package retention

import (
	"cmp"
	"slices"
	"time"
)

// State is what is known of a backup.
type State int

// States. Only a good backup can take the place of another.
const (
	Pending State = iota // being made, or not looked at yet
	Good                 // verified
	Bad                  // incomplete, or its verification failed
)

// Copy is one backup of a machine, or one of its snapshots.
type Copy struct {
	ID        string
	Made      time.Time
	Protected bool // never removed
	State     State
}

// Surplus lists the backups to remove, first to last, so that quota are left: bad ones first, then the oldest. Copies that are
// pending neither count nor go. A good one is in the list only if a newer good one is not. A quota of 0 or less lists none.
func Surplus(copies []Copy, quota int) []Copy {
	settled := slices.DeleteFunc(slices.Clone(copies), func(c Copy) bool { return c.State == Pending })
	over := len(settled) - quota
	if quota <= 0 || over <= 0 {
		return nil
	}
	slices.SortFunc(settled, goesFirst)
	newest, _ := newestGood(settled)
	removable := slices.DeleteFunc(settled, func(c Copy) bool {
		return c.Protected || c.ID == newest.ID || c.State == Good && !newest.Made.After(c.Made)
	})
	return removable[:min(over, len(removable))]
}

func goesFirst(a, b Copy) int {
	return cmp.Or(cmp.Compare(b.State, a.State), a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID))
}

func newestGood(copies []Copy) (Copy, bool) {
	good := slices.DeleteFunc(slices.Clone(copies), func(c Copy) bool { return c.State != Good })
	if len(good) == 0 {
		return Copy{}, false
	}
	return slices.MaxFunc(good, func(a, b Copy) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) }), true
}

// LastGood is when the newest good backup was made; false when there is none.
func LastGood(copies []Copy) (time.Time, bool) {
	c, found := newestGood(copies)
	return c.Made, found
}

// Eldest lists the snapshots that have to go before one more is taken, oldest first. A quota of 0 or less lists none.
func Eldest(snapshots []Copy, quota int) []Copy {
	over := len(snapshots) - quota + 1
	if quota <= 0 || over <= 0 {
		return nil
	}
	return byAge(snapshots)[:over]
}

// Expired lists the snapshots that are as old as their lifetime or older, oldest first; a lifetime of 0 or less is for ever.
func Expired(snapshots []Copy, lifetime time.Duration, now time.Time) []Copy {
	if lifetime <= 0 {
		return nil
	}
	return slices.DeleteFunc(byAge(snapshots), func(c Copy) bool { return c.Protected || now.Sub(c.Made) < lifetime })
}

func byAge(copies []Copy) []Copy {
	return slices.SortedStableFunc(slices.Values(copies), func(a, b Copy) int { return a.Made.Compare(b.Made) })
}
