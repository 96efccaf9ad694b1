package traffic

import "time"

// Guest is a place in Proxmox whose counters are read.
type Guest struct {
	Server int64 // tblservers.id of the cluster
	VMID   int
}

// Reading is what a guest's counters showed.
type Reading struct {
	Guest
	Node   string
	At     time.Time
	Uptime time.Duration // of the guest's process; 0 = it does not run
	Volume               // since the process began to count
}

// boot is when the process began.
func (r Reading) boot() time.Time { return r.At.Add(-r.Uptime) }

// Passage is what two readings say about the time between them.
type Passage struct {
	// Proven bytes passed in Within, by the counters.
	Proven Volume
	Within Span
	// Floor: the counters may have missed some of Within; averages that show more count.
	Floor bool
	// Unseen is the time whose traffic no counter shows; averages of it are all there is. Empty = none.
	Unseen Span
}

const (
	// slack is how far two readings of one process may disagree about when it began: Proxmox shows figures that are up to
	// twenty seconds old, more while a node is busy.
	slack = time.Minute
	// short is an unseen time not worth a question; it is mostly the age of the figures.
	short = 10 * time.Second
	// quiet is how long a guest may be out of sight, not running before and after, to be taken for one that never ran.
	quiet = 2 * time.Hour
	// late is how long a new guest may have run at its first reading.
	late = 7 * 24 * time.Hour
)

// Between compares two readings of one service. ok = false: next is no later than last and tells nothing.
func Between(last, next Reading) (p Passage, ok bool) {
	whole := Span{last.At, next.At}
	switch {
	case last.At.After(next.At.Add(slack)): // a clock was wrong: what was counted counts, and the later time is given up
		return backwards(last, next), true
	case !next.At.After(last.At):
		return Passage{}, false
	case next.Guest != last.Guest:
		return First(next, last.At), true
	case next.Uptime == 0:
		return stopped(last, whole), true
	case renewed(last, next):
		return restarted(last, next), true
	}
	p.Within = whole
	if p.Proven, ok = next.grown(last.Volume); !ok {
		p.Proven, p.Floor = next.anew(last.Volume), true
	}
	return p, true
}

// First is what the first reading of a service proves: all that the guest counted, if it was started after the service was
// ordered, and not long ago; else the count is not this service's, or nobody meant to bill it, and serves as a beginning only.
func First(next Reading, ordered time.Time) Passage {
	if next.Uptime == 0 || next.Uptime > late || next.boot().Before(ordered) {
		return Passage{Within: Span{next.At, next.At}}
	}
	return Passage{Proven: next.Volume, Within: Span{next.boot(), next.At}}
}

// Asks is the earliest moment of which averages are needed; zero = the counters say it all.
func (p Passage) Asks() time.Time {
	switch {
	case p.Unseen.Length() > 0:
		return p.Unseen.From
	case p.Floor:
		return p.Within.From
	}
	return time.Time{}
}

// renewed tells whether another process counts than the one that counted at the last reading: it began later, and began
// since. Both are asked for, because a clock that jumps makes an old process look as if it had begun later.
func renewed(last, next Reading) bool {
	later := next.boot().Sub(last.boot()) > slack
	return later && next.boot().Add(slack).After(last.At)
}

// restarted is for a new process. On another node the old one may have gone on for a while: a migration starts the new one
// first, and then carries the memory over.
func restarted(last, next Reading) Passage {
	from := next.boot()
	if from.Before(last.At) {
		from = last.At
	}
	p := Passage{Proven: next.Volume, Within: Span{from, next.At}, Floor: next.Node != last.Node}
	if tail := (Span{last.At, from}); tail.Length() >= short {
		p.Unseen = tail
	}
	return p
}

// stopped is for a guest that does not run now: whatever it did since the last reading is on no counter.
func stopped(last Reading, whole Span) Passage {
	if last.Uptime == 0 && whole.Length() <= quiet {
		return Passage{Within: whole}
	}
	return Passage{Unseen: whole, Within: Span{whole.To, whole.To}}
}

func backwards(last, next Reading) Passage {
	p := Passage{Within: Span{next.At, next.At}}
	if next.Guest == last.Guest && next.Uptime >= last.Uptime {
		p.Proven, _ = next.grown(last.Volume)
	}
	return p
}
