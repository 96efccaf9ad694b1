package keeper

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

const (
	idle     = 5 * time.Second  // longest pause between two looks
	turnTime = 30 * time.Second // how long a turn lasts without renewal
)

// Run carries out what is due until ctx ends, and returns when all its goroutines have.
func (k *Keeper) Run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := k.dispatch(ctx)
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-k.Clock.After(pause):
		}
	}
	k.wg.Wait()
}

// dispatch starts a goroutine per account that has something due and says how long to sleep.
func (k *Keeper) dispatch(ctx context.Context) time.Duration {
	now := k.Clock.Now()
	due, next, err := k.Book.DueDNSZones(ctx, now)
	if err != nil {
		k.logUnlessDone(ctx, "look for DNS records to write", err)
		return idle
	}
	if len(due) > 0 {
		list, err := k.Book.DNSZones(ctx)
		if err != nil {
			k.logUnlessDone(ctx, "list the DNS zones", err)
			return idle
		}
		for account, work := range portion(due, list) {
			k.start(ctx, account, work)
		}
	}
	if next.IsZero() {
		return idle
	}
	return max(min(next.Sub(now), idle), 10*time.Millisecond)
}

// task is the due work of one zone: the zone as configured, the ids of all entries that lead to it, and all zones.
type task struct {
	zone zones.Zone // ID 0 = the entry is gone
	ids  []int64
	all  []zones.Zone
}

// portion sorts the due zones by account; entries that lead to the same zone are one task.
func portion(due []int64, list []zones.Zone) map[string][]task {
	accounts, seen := map[string][]task{}, map[string]bool{}
	for _, id := range due {
		i := slices.IndexFunc(list, func(z zones.Zone) bool { return z.ID == id })
		if i < 0 {
			accounts[""] = append(accounts[""], task{ids: []int64{id}, all: list})
			continue
		}
		target := list[i].Target()
		if seen[target] {
			continue
		}
		seen[target] = true
		t := task{all: list}
		for _, z := range list {
			if z.Target() == target {
				t.ids = append(t.ids, z.ID)
			}
		}
		t.zone = list[slices.IndexFunc(list, func(z zones.Zone) bool { return z.ID == t.ids[0] })]
		accounts[t.zone.Account()] = append(accounts[t.zone.Account()], t)
	}
	return accounts
}

func (k *Keeper) start(ctx context.Context, account string, work []task) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.active[account] {
		return
	}
	k.active[account] = true
	k.wg.Go(func() {
		more := k.inTurn(ctx, account, work)
		k.mu.Lock()
		delete(k.active, account)
		k.mu.Unlock()
		if more {
			k.Wake()
		}
	})
}

// inTurn works for an account while this process has the turn; more tells that all went well, so that more may be due now.
func (k *Keeper) inTurn(ctx context.Context, account string, work []task) (more bool) {
	name := "dns " + account
	now := k.Clock.Now()
	mine, err := k.Book.Turn(ctx, name, now, now.Add(turnTime))
	if err != nil || !mine {
		k.logUnlessDone(ctx, "take a turn", err)
		return false
	}
	ctx, stop := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() { defer close(renewed); k.hold(ctx, stop, name) }()
	more = k.carryAll(ctx, work)
	stop()
	<-renewed
	ended, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	k.logUnlessDone(ended, "end a turn", k.Book.Leave(ended, name))
	return more
}

// hold renews the turn until ctx ends, and stops the work when it was lost or could not be renewed in time.
func (k *Keeper) hold(ctx context.Context, stop func(), name string) {
	until := k.Clock.Now().Add(turnTime)
	for clock.Sleep(ctx, k.Clock, turnTime/3) == nil {
		now := k.Clock.Now()
		mine, err := k.Book.Turn(ctx, name, now, now.Add(turnTime))
		k.logUnlessDone(ctx, "renew a turn", err)
		switch {
		case err == nil && mine:
			until = now.Add(turnTime)
		case err == nil || k.Clock.Now().After(until.Add(-turnTime/3)):
			stop()
			return
		}
	}
}

func (k *Keeper) logUnlessDone(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		k.Log.ErrorContext(ctx, "DNS trouble", slog.String("what", what), slog.Any("err", err))
	}
}
