package dns

import (
	"errors"
	"slices"
)

// Settled is what became of the rows of a change. Rows that stay as they are stand in none of the lists.
type Settled struct {
	Live    []Entry // the provider has them; Ours is decided
	Gone    []Entry // nothing is left of them: their rows go
	Stuck   []Entry // the provider will not let them go; the rows stay, for a person (Result.Warning)
	Foreign []Entry // still pending, but the values turned out to be there before us: Ours is false now
}

// Settle reads the result of a change, given the rows of Batch.Rows. A result with an error leaves rows pending.
func Settle(rows []Entry, c Change, r Result) Settled {
	var s Settled
	ours := map[string]bool{}
	for _, e := range rows {
		ours[e.Content] = ours[e.Content] || e.authored()
	}
	for _, e := range rows {
		switch {
		case e.wanted():
			s.wanted(e, ours[e.Content], c, r)
		case errors.Is(r.Err, ErrNoZone):
			s.Gone = append(s.Gone, e)
		case r.Err == nil && slices.Contains(r.Stuck, e.Content):
			s.Stuck = append(s.Stuck, e)
		case r.Err == nil:
			s.Gone = append(s.Gone, e)
		}
	}
	return s
}

// wanted decides whose a value is: what our first write finds is somebody else's, what a later one finds is ours, whichever
// service's row says that we wrote it.
func (s *Settled) wanted(e Entry, ours bool, c Change, r Result) {
	found := slices.Contains(r.Found, e.Content)
	switch {
	case r.Err != nil && found && !ours && e.Ours:
		e.Ours = false
		s.Foreign = append(s.Foreign, e)
	case r.Err == nil && slices.Contains(c.Add, e.Content):
		e.Ours, e.State = ours || !found, Live
		s.Live = append(s.Live, e)
	}
}
