package keeping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// Keep is how long deeds that are over stay in the book.
const Keep = 35 * 24 * time.Hour

// report is what a task gives back (product-spec §12.1).
type report struct {
	processed, errors int
	details           []string
}

func (r *report) add(line string, err error) {
	r.processed++
	if err != nil {
		r.errors++
	}
	r.details = append(r.details, line)
}

// carried adds what a look at all due deeds of these kinds came to.
func (r *report) carried(ctx context.Context, k *Keeper, kinds ...Kind) error {
	all, err := k.carry(ctx, kinds...)
	for _, o := range all {
		r.add(o.line(), o.err)
	}
	return err
}

// trouble is a service whose turn came to nothing.
func (r *report) trouble(serviceID int64, kind Kind, err error) {
	r.add(outcome{deed: Deed{ServiceID: serviceID, Kind: kind}, text: err.Error()}.line(), err)
}

func (r *report) results(err error) (processed, failed int, details []string, _ error) {
	return r.processed, r.errors, r.details, err
}

// ScheduleBackup queues the backups that plans want by now, and carries backups on.
func (k *Keeper) ScheduleBackup(ctx context.Context) (processed, failed int, details []string, err error) {
	var r report
	err = errors.Join(k.schedule(ctx, &r, Backup), r.carried(ctx, k, Backup))
	return r.results(err)
}

// ScheduleSnapshot queues the snapshots that plans want by now, and carries snapshots on.
func (k *Keeper) ScheduleSnapshot(ctx context.Context) (processed, failed int, details []string, err error) {
	var r report
	err = errors.Join(k.schedule(ctx, &r, Snapshot), r.carried(ctx, k, Snapshot, Rollback))
	return r.results(err)
}

// NowBackupStatus watches backups that run and the removal of others.
func (k *Keeper) NowBackupStatus(ctx context.Context) (processed, failed int, details []string, err error) {
	var r report
	err = errors.Join(k.takeOver(ctx, &r, Backup), r.carried(ctx, k, Backup, DropBackup))
	return r.results(err)
}

// RestoreBackupStatus watches restores until the package is applied again.
func (k *Keeper) RestoreBackupStatus(ctx context.Context) (processed, failed int, details []string, err error) {
	var r report
	err = errors.Join(k.takeOver(ctx, &r, Restore), r.carried(ctx, k, Restore))
	return r.results(err)
}

// RemoveOldSnapshots queues the removal of snapshots past their lifetime and carries removals on. Machines whose product
// rotates by a plan are left alone. It also forgets deeds that were over long ago.
func (k *Keeper) RemoveOldSnapshots(ctx context.Context) (processed, failed int, details []string, err error) {
	var r report
	err = k.expire(ctx, &r)
	err = errors.Join(err, r.carried(ctx, k, DropSnapshot), k.Records.Forget(ctx, k.Clock.Now().Add(-Keep)))
	return r.results(err)
}

// schedule queues a deed for every slot that is due. One plan that cannot be read does not hold up the others.
func (k *Keeper) schedule(ctx context.Context, r *report, kind Kind) error {
	zone, err := k.Zone(ctx)
	if err != nil {
		return fmt.Errorf("find the time zone of WHMCS: %w", err)
	}
	plans, err := k.Records.Plans(ctx, kind)
	if err != nil {
		return err
	}
	now := k.Clock.Now()
	for _, p := range plans {
		if p.Fault != nil {
			r.trouble(p.ServiceID, kind, p.Fault)
			continue
		}
		slot, is := p.Plan.Look(now, zone)
		switch {
		case is == retention.Served && slot.Day == retention.DayOf(now.In(zone)):
			r.details = append(r.details, fmt.Sprintf("sid:%d [skipped] already_done_today, last:%s", p.ServiceID, p.Plan.Last))
		case is == retention.Due:
			k.due(ctx, r, Deed{ServiceID: p.ServiceID, Kind: kind, Slot: slot.Day})
		}
	}
	return ctx.Err()
}

// due queues what a plan wants, unless it sleeps.
func (k *Keeper) due(ctx context.Context, r *report, d Deed) {
	want, _, err := k.wanted(ctx, d.ServiceID)
	switch {
	case err != nil:
		r.trouble(d.ServiceID, d.Kind, err)
	case !sleeps(d.Kind, want):
		k.queue(ctx, r, d)
	}
}

// queue writes a deed down; one that was asked for already is under way.
func (k *Keeper) queue(ctx context.Context, r *report, d Deed) {
	if _, err := k.Book.Ask(ctx, k.begun(d), ""); err != nil && !errors.Is(err, ErrAsked) {
		r.trouble(d.ServiceID, d.Kind, err)
	}
}

// sleeps tells that the package has none of these copies (any more), so that the plan is kept and nothing comes of it.
func sleeps(kind Kind, want spec.Spec) bool {
	switch kind {
	case Backup:
		return want.Backups <= 0
	case Snapshot:
		return want.Snapshots <= 0 || !want.SnapshotSchedule
	case Restore, Rollback, DropBackup, DropSnapshot:
	}
	return false
}

func (k *Keeper) begun(d Deed) Deed {
	d.Phase, d.Asked, d.Since = Queued, k.Clock.Now(), k.Clock.Now()
	return d
}

// expire queues the removal of snapshots past their lifetime.
func (k *Keeper) expire(ctx context.Context, r *report) error {
	ids, err := k.Records.WithSnapshots(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := k.expireOf(ctx, r, id); err != nil && ctx.Err() == nil {
			r.trouble(id, DropSnapshot, err)
		}
	}
	return ctx.Err()
}

func (k *Keeper) expireOf(ctx context.Context, r *report, serviceID int64) error {
	want, _, err := k.wanted(ctx, serviceID)
	if err != nil || want.SnapshotSchedule || want.SnapshotLifetimeDays <= 0 {
		return err
	}
	s, err := k.visit(ctx, serviceID)
	if err != nil {
		return err
	}
	list, err := s.snapshots(ctx)
	if err != nil {
		return err
	}
	for _, c := range retention.Expired(states(list), time.Duration(want.SnapshotLifetimeDays)*24*time.Hour, k.Clock.Now()) {
		k.queue(ctx, r, Deed{ServiceID: serviceID, Kind: DropSnapshot, Subject: c.ID})
	}
	return nil
}

// takeOver watches tasks that the reference product started: a manual backup is forgotten when it has ended, a restore becomes
// a deed at the point where the restore runs.
func (k *Keeper) takeOver(ctx context.Context, r *report, kind Kind) error {
	list, err := k.Records.Watched(ctx)
	if err != nil {
		return err
	}
	for _, w := range list {
		var err error
		switch {
		case kind == Restore && w.Restore != "":
			_, err = k.Book.Ask(ctx, Deed{ServiceID: w.ServiceID, Kind: Restore, Phase: Restoring, Task: w.Restore, Asked: k.Clock.Now(), Since: k.Clock.Now(), Called: k.Clock.Now()}, "")
		case kind == Backup && w.Backup != "":
			err = k.unwatch(ctx, w)
		}
		if err != nil && !errors.Is(err, ErrAsked) {
			r.trouble(w.ServiceID, kind, err)
		}
	}
	return ctx.Err()
}

func (k *Keeper) unwatch(ctx context.Context, w Watched) error {
	hv, err := k.Fleet.Cluster(ctx, w.ServerID)
	if err != nil {
		return err
	}
	task, err := hv.Task(ctx, w.Backup)
	if err != nil || task.Running {
		return err
	}
	return k.Records.Unwatch(ctx, w.ServiceID, w.Backup)
}
