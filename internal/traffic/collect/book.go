package collect

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// booked adds a passage to an account.
func (r *run) booked(a *traffic.Account, next traffic.Reading, p traffic.Passage, averages []traffic.Average) traffic.Update {
	hours, _ := p.Hours(averages, r.terms.Zone)
	u := r.update(a)
	u.State, u.Closed = u.Book(next, hours, r.calendar(a))
	r.allow(&u)
	return u
}

// unread are the updates of accounts that have no new reading: allowances whose period is over, nothing else.
func (r *run) unread(accounts ...*traffic.Account) []traffic.Update {
	var changed []traffic.Update
	for _, a := range accounts {
		u := r.update(a)
		if r.allow(&u) {
			changed = append(changed, u)
		}
	}
	return changed
}

// allow compares an account with its allowance and writes down what has to be told; changed = something has to be kept.
func (r *run) allow(u *traffic.Update) (changed bool) {
	policy := r.terms.Policy(u.ServiceID)
	if policy.Limit == 0 && u.Standing == (traffic.Standing{}) {
		return false
	}
	month, _ := u.Current(r.now, r.calendar(&u.Account))
	standing, events := policy.Decide(u.Standing, month)
	changed = standing != u.Standing
	u.Standing = standing
	tell(u, events, notice{policy, month, r.calendar(&u.Account).Period(r.now).To.In(r.terms.Zone)})
	return changed
}

// save writes updates down and reports those that carry a new reading.
func (r *run) save(ctx context.Context, updates []traffic.Update) {
	if len(updates) == 0 {
		return
	}
	saved, err := r.Ledger.Save(ctx, updates, r.now)
	if err != nil {
		r.trouble(0, err)
	}
	r.done(saved)
}
