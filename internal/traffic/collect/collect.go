package collect

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// Ledger keeps what is counted; internal/store/traffic does.
type Ledger interface {
	Accounts(ctx context.Context, found func(*traffic.Account)) ([]traffic.Account, error)
	Save(ctx context.Context, updates []traffic.Update, now time.Time) (saved []*traffic.Update, err error)
	Sum(ctx context.Context, ids []int64, from time.Time) (map[int64]traffic.Month, error)
	Rest(ctx context.Context, before time.Time) error
	Prune(ctx context.Context, before time.Time) (deleted int64, err error)
}

// Fleet finds the cluster behind a server entry of WHMCS.
type Fleet interface {
	Cluster(ctx context.Context, serverID int64) (hypervisor.Cluster, error)
}

// Terms are the settings of a run.
type Terms struct {
	Rule traffic.Rule
	Zone *time.Location // WHMCS's
	// Policies are the allowances of services; one that is not named has none.
	Policies map[int64]traffic.Policy
	// Blind is why the allowances cannot be read; then nothing comes of them, and the counting goes on.
	Blind error
}

// Policy is the allowance of a service.
func (t Terms) Policy(serviceID int64) traffic.Policy {
	if t.Blind != nil {
		return traffic.Policy{Unknown: true}
	}
	return t.Policies[serviceID]
}

// Collector reads the clusters. Its fields must all be set.
type Collector struct {
	Ledger Ledger
	Fleet  Fleet
	Clock  clock.Clock
	Terms  func(ctx context.Context) (Terms, error)
}

const (
	serversAtOnce  = 8
	averagesAtOnce = 4    // of one cluster
	portion        = 1000 // services that are booked and saved together
	portionsAtOnce = 3    // of one cluster: some are booked while others are written down
	group          = 64   // services with averages that are saved together, so that a run that ends early keeps most
	resting        = 2 * time.Hour
)

// Collect reads and books the traffic of every service that has a guest. details tell of each service that was booked, and of
// each trouble, in the order of their ids; err is for what kept the run from its work altogether.
func (c *Collector) Collect(ctx context.Context) (processed, errors int, details []string, err error) {
	r := &run{Collector: c, now: c.Clock.Now()}
	if r.terms, err = c.Terms(ctx); err != nil {
		return 0, 0, nil, fmt.Errorf("collect the traffic: %w", err)
	}
	if r.terms.Blind != nil {
		r.trouble(0, fmt.Errorf("the allowances of traffic cannot be read: %w", r.terms.Blind))
	}
	if err := r.survey(ctx); err != nil {
		return 0, 0, nil, err
	}
	// Last, because it moves accounts on that a server has just come back for.
	if err := r.Ledger.Rest(ctx, r.now.Add(-resting)); err != nil {
		r.trouble(0, err)
	}
	processed, errors, details = r.report()
	return processed, errors, details, ctx.Err()
}

// run is one collection; lines come from all servers.
type run struct {
	*Collector
	terms Terms
	now   time.Time
	// summed are the states, by service, whose months were summed up anew.
	summed map[int64]traffic.State

	mu    sync.Mutex
	lines []line
}

// recount sums months up anew whose period is not the present rule's.
func (r *run) recount(ctx context.Context, accounts []traffic.Account) error {
	r.summed = map[int64]traffic.State{}
	moved := map[time.Time][]*traffic.Account{}
	for i := range accounts {
		if from, ok := accounts[i].Moved(r.calendar(&accounts[i])); ok {
			moved[from] = append(moved[from], &accounts[i])
		}
	}
	for from, list := range moved {
		ids := make([]int64, len(list))
		for i, a := range list {
			ids[i] = a.ServiceID
		}
		sums, err := r.Ledger.Sum(ctx, ids, from)
		if err != nil {
			return err
		}
		for _, a := range list {
			r.summed[a.ServiceID] = a.Summed(from, sums[a.ServiceID])
		}
	}
	return nil
}

func (r *run) calendar(a *traffic.Account) traffic.Calendar {
	return a.Calendar(r.terms.Rule, r.terms.Zone)
}

// update begins with what is known of an account.
func (r *run) update(a *traffic.Account) traffic.Update {
	u := traffic.Update{Account: *a, Was: a.State}
	if s, ok := r.summed[a.ServiceID]; ok {
		u.State = s
	}
	return u
}
