package collect

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// survey asks the clusters while their accounts are still being read. Each is asked once one of its accounts is there:
// all accounts are shown as they were before the first was found, so that a reading is never older than any of them.
type survey struct {
	*run
	work  errgroup.Group
	slots chan struct{}
	asked map[int64]bool

	listed chan struct{}                // closed when own is complete
	own    map[int64][]*traffic.Account // by server; nil = they could not be read
}

// survey reads all servers, some at a time, and deletes what is old meanwhile.
func (r *run) survey(ctx context.Context) error {
	s := &survey{run: r, slots: make(chan struct{}, serversAtOnce), asked: map[int64]bool{}, listed: make(chan struct{})}
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	err := s.list(work)
	close(s.listed)
	if err != nil {
		cancel()
	} else if _, err := r.Ledger.Prune(ctx, r.now.Add(-traffic.Retention)); err != nil {
		r.trouble(0, err)
	}
	_ = s.work.Wait() // servers report for themselves
	return err
}

// list reads the accounts.
func (s *survey) list(ctx context.Context) error {
	accounts, err := s.Ledger.Accounts(ctx, func(a *traffic.Account) { s.ask(ctx, a.Server) })
	if err != nil {
		return err
	}
	if err := s.recount(ctx, accounts); err != nil {
		return err
	}
	s.own = map[int64][]*traffic.Account{}
	for i := range accounts {
		s.own[accounts[i].Server] = append(s.own[accounts[i].Server], &accounts[i])
	}
	return nil
}

// ask begins with a server, if nobody has.
func (s *survey) ask(ctx context.Context, serverID int64) {
	if s.asked[serverID] {
		return
	}
	s.asked[serverID] = true
	s.work.Go(func() error {
		s.slots <- struct{}{}
		defer func() { <-s.slots }()
		answer, err := s.guests(ctx, serverID)
		<-s.listed
		if s.own != nil {
			s.server(ctx, serverID, s.own[serverID], answer, err)
		}
		return nil
	})
}
