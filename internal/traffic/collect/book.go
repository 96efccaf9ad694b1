package collect

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// booked adds a passage to an account.
func (r *run) booked(a traffic.Account, next traffic.Reading, p traffic.Passage, averages []traffic.Average) traffic.Update {
	hours, _ := p.Hours(averages, r.terms.Zone)
	u := traffic.Update{Account: a}
	u.State, u.Closed = a.Book(next, hours, r.calendar(a))
	r.allow(&u)
	return u
}

// unread are the updates of accounts that have no new reading: allowances whose period is over, nothing else.
func (r *run) unread(accounts []traffic.Account) []traffic.Update {
	var changed []traffic.Update
	for _, a := range accounts {
		u := traffic.Update{Account: a}
		if r.allow(&u) {
			changed = append(changed, u)
		}
	}
	return changed
}

// allow compares an account with its allowance and writes down what has to be told; changed = something has to be kept.
func (r *run) allow(u *traffic.Update) (changed bool) {
	policy := r.terms.Policies[u.ServiceID]
	if policy.Limit == 0 && u.Standing == (traffic.Standing{}) {
		return false
	}
	month, _ := u.Current(r.now, r.calendar(u.Account))
	standing, events := policy.Decide(u.Standing, month)
	changed = standing != u.Standing
	u.Standing = standing
	for _, e := range events {
		u.Entries = append(u.Entries, told(e, u.ServiceID, policy, month))
	}
	return changed
}

const gigabyte = 1 << 30

// told is an event as WHMCS's activity log gets it.
func told(e traffic.Event, serviceID int64, p traffic.Policy, m traffic.Month) string {
	used := fmt.Sprintf("%.2f of %.2f GB", float64(p.Used(m.Volume))/gigabyte, float64(p.Limit)/gigabyte)
	switch e {
	case traffic.Notice80:
		return fmt.Sprintf("Traffic: more than 80 %% is used, %s - Service ID: %d", used, serviceID)
	case traffic.Notice100:
		return fmt.Sprintf("Traffic: all of it is used, %s - Service ID: %d", used, serviceID)
	case traffic.Throttle:
		return fmt.Sprintf("Traffic: the network card is slowed down until the next period - Service ID: %d", serviceID)
	case traffic.Lift:
		return fmt.Sprintf("Traffic: the network card has its own speed again - Service ID: %d", serviceID)
	}
	return fmt.Sprintf("Traffic: %s - Service ID: %d", e, serviceID)
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
