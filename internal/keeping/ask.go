package keeping

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// Ask queues what a person wants and has it begun at once. The error is a sentence for that person when nothing can come of it.
func (k *Keeper) Ask(ctx context.Context, o Order) (int64, error) {
	o.Note = tidy(o.Note)
	id, err := k.Book.Ask(ctx, k.begun(Deed{ServiceID: o.ServiceID, Kind: o.Kind, Subject: o.Subject, Note: o.Note}), o.entry())
	if errors.Is(err, ErrAsked) {
		return 0, retention.RefusalError{Text: "This was asked for already and is under way.", Passes: true}
	}
	if err == nil {
		k.nudge()
	}
	return id, err
}

// SavePlan replaces the weekly plan of a service; kind is Backup or Snapshot. Slots count from now on. by is as in an Order.
func (k *Keeper) SavePlan(ctx context.Context, serviceID int64, kind Kind, w retention.Week, by string) error {
	return k.Records.SavePlan(ctx, serviceID, kind, w, k.Clock.Now(), planEntry(serviceID, kind, w, by))
}

// Backups lists the backups of a service's machine, newest first.
func (k *Keeper) Backups(ctx context.Context, serviceID int64) ([]hypervisor.Backup, error) {
	s, err := k.visit(ctx, serviceID)
	if err != nil {
		return nil, err
	}
	list, err := s.backups(ctx)
	slices.Reverse(list)
	return list, err
}

// Snapshots lists the snapshots of a service's machine, newest first, unfinished ones too.
func (k *Keeper) Snapshots(ctx context.Context, serviceID int64) ([]hypervisor.Snapshot, error) {
	s, err := k.visit(ctx, serviceID)
	if err != nil {
		return nil, err
	}
	list, err := s.snapshots(ctx)
	slices.Reverse(list)
	return list, err
}

// Run carries every deed that is due until ctx ends: what a person asked for at once, the rest as it becomes due. The tasks of
// cron do the same by themselves, so that nothing depends on it.
func (k *Keeper) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := k.carry(ctx); err != nil && ctx.Err() == nil {
			k.Log.WarnContext(ctx, "carry backups and snapshots", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-k.bell():
		case <-k.Clock.After(k.poll()):
		}
	}
}

func (k *Keeper) bell() chan struct{} {
	k.once.Do(func() { k.asked = make(chan struct{}, 1) })
	return k.asked
}

func (k *Keeper) nudge() {
	select {
	case k.bell() <- struct{}{}:
	default:
	}
}

// Overdue lists services with a plan of backups that got none for so long; an age of 0 lists none. A plan that sleeps, because
// the package has no backups any more, is not overdue; in a list that is very long nobody looks for those.
func (k *Keeper) Overdue(ctx context.Context, age time.Duration) ([]Late, error) {
	if age <= 0 {
		return nil, nil
	}
	zone, err := k.Zone(ctx)
	if err != nil {
		return nil, err
	}
	now := k.Clock.Now().In(zone)
	list, err := k.Records.Overdue(ctx, now, now.Add(-age))
	if len(list) > longList {
		return list, err
	}
	return slices.DeleteFunc(list, func(l Late) bool {
		want, _, err := k.wanted(ctx, l.ServiceID)
		return err == nil && sleeps(Backup, want)
	}), err
}

const longList = 200
