package keeping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// room keeps a backup waiting while its node has enough to do; where its guest is was seen at an earlier look.
func (k *Keeper) room(ctx context.Context, w *work) error {
	if w.Kind != Backup || w.Phase != Queued || w.Place == "" {
		return nil
	}
	n, err := k.Book.Crowd(ctx, Backup, w.Place)
	if err == nil && n >= k.perNode() {
		err = pipeline.Wait(2*busyPause, "other backups of the node")
	}
	return err
}

// beginBackup takes the machine for a backup, or says why there can be none.
func (k *Keeper) beginBackup(ctx context.Context, w *work) error {
	if !w.Slot.IsZero() && w.m.Suspended {
		return retention.RefusalError{Text: "The service is suspended: nothing changes in its VM, and its backups stay as they are."}
	}
	list, err := w.backups(ctx)
	if err != nil {
		return err
	}
	wish := retention.Wish{Kind: retention.Backup, Scheduled: !w.Slot.IsZero(), Quota: w.want.Backups, Storage: w.storage(), Have: copies(list)}
	if err := k.begin(ctx, w, wish); err != nil {
		return err
	}
	if err := k.room(ctx, w); err != nil { // it was not known before where the guest is
		return err
	}
	w.Attempt++
	w.Subject = ""
	return nil
}

// begin takes the machine for a deed that makes a copy.
func (k *Keeper) begin(ctx context.Context, w *work, wish retention.Wish) error {
	status, err := w.hv.Status(ctx, w.node, w.m.VMID)
	if err != nil {
		return err
	}
	wish.Lock = status.Lock
	if err := wish.Refusal(); err != nil {
		return err
	}
	return k.seize(ctx, w)
}

// seize takes the machine for a deed. One on its way to ready is waited for; one whose life is over has no use for copies.
func (k *Keeper) seize(ctx context.Context, w *work) error {
	now := k.Clock.Now()
	err := k.Book.Hold(ctx, w.Deed, now, now.Add(k.hold()))
	if errors.Is(err, vm.ErrRefused) || errors.Is(err, vm.ErrNoMachine) {
		return final(err)
	}
	return busy(err)
}

func (w *work) storage() string { return w.want.Integrations.BackupStorage }

// backups lists those that are proven to be of this machine.
func (s *site) backups(ctx context.Context) ([]hypervisor.Backup, error) {
	storage := s.want.Integrations.BackupStorage
	if storage == "" {
		return nil, nil
	}
	list, err := s.hv.Backups(ctx, s.node, storage, s.m.VMID)
	if err != nil {
		return nil, err
	}
	var ours []hypervisor.Backup
	for _, b := range list {
		proven, err := s.proven(ctx, b)
		if pipeline.FaultOf(err) == pipeline.Transient && err != nil {
			return nil, err
		}
		if proven {
			ours = append(ours, b)
		}
	}
	return ours, nil
}

// proven tells whether a backup is of this machine; one that cannot be read is nobody's.
func (s *site) proven(ctx context.Context, b hypervisor.Backup) (bool, error) {
	return s.m.OwnsBackup(b, s.mark, func() (hypervisor.GuestConfig, error) { return s.hv.BackupConfig(ctx, s.node, b.Volume) })
}

// copies is what retention needs to know. A backup without a size is being written.
func copies(list []hypervisor.Backup) []retention.Copy {
	var out []retention.Copy
	for _, b := range list {
		c := retention.Copy{ID: b.Volume, Made: b.Made, Protected: b.Protected, State: retention.Good}
		switch {
		case b.Verified == hypervisor.VerifiedBad:
			c.State = retention.Bad
		case b.Size <= 0:
			c.State = retention.Pending
		}
		out = append(out, c)
	}
	return out
}

// dump has Proxmox make the backup.
func (k *Keeper) dump(ctx context.Context, w *work) error {
	return k.do(ctx, w, doing{
		what: "the backup",
		begin: func(ctx context.Context) (string, error) {
			return w.hv.Dump(ctx, w.node, w.storage(), w.m.VMID, w.notes())
		},
		seen: func(ctx context.Context) (bool, error) {
			_, found, err := w.fresh(ctx)
			return found, err
		},
	})
}

// fresh finds the backup of the present try.
func (w *work) fresh(ctx context.Context) (hypervisor.Backup, bool, error) {
	list, err := w.backups(ctx)
	i := slices.IndexFunc(list, func(b hypervisor.Backup) bool {
		return slices.Contains(strings.Fields(b.Notes), w.tag())
	})
	if err != nil || i < 0 {
		return hypervisor.Backup{}, false, err
	}
	return list[i], true, nil
}

// check verifies the new backup: it is on the storage, has a size, holds the configuration of this guest, and no verification
// has found it bad. A bad one is removed, lest every try leaves one behind.
func (k *Keeper) check(ctx context.Context, w *work) error {
	b, found, err := w.fresh(ctx)
	switch {
	case err != nil:
		return err
	case !found && w.Subject != "":
		return pipeline.WithFault(fmt.Errorf("the new backup %s could not be verified and was removed; the earlier ones are untouched", w.Subject), pipeline.Permanent)
	case !found:
		return pipeline.WithFault(fmt.Errorf("the backup ended well, but there is none on %s", w.storage()), pipeline.Permanent)
	}
	w.Subject = b.Volume
	bad, err := w.bad(ctx, b)
	if err != nil {
		return err
	}
	if bad {
		return k.discard(ctx, w, b.Volume)
	}
	return nil
}

func (w *work) bad(ctx context.Context, b hypervisor.Backup) (bool, error) {
	if b.Verified == hypervisor.VerifiedBad || b.Size <= 0 {
		return true, nil
	}
	inside, err := w.hv.BackupConfig(ctx, w.node, b.Volume)
	if err == nil {
		return !w.m.Owns(inside, w.mark), nil
	}
	if pipeline.FaultOf(err) == pipeline.Transient {
		return false, err
	}
	return true, nil // it cannot be read
}

// discard removes the backup that this deed has made; the next look finds it gone.
func (k *Keeper) discard(ctx context.Context, w *work, volume string) error {
	err := k.do(ctx, w, w.removal(volume))
	if err == nil {
		w.Task, w.Called = "", time.Time{}
		err = pipeline.Wait(0, "the bad backup to go")
	}
	return err
}

func (w *work) removal(volume string) doing {
	return doing{
		what: "a backup to go",
		begin: func(ctx context.Context) (string, error) {
			return w.hv.DeleteBackup(ctx, w.node, w.storage(), volume)
		},
		seen: func(ctx context.Context) (bool, error) {
			list, err := w.hv.Backups(ctx, w.node, w.storage(), w.m.VMID)
			return err == nil && !slices.ContainsFunc(list, func(b hypervisor.Backup) bool { return b.Volume == volume }), err
		},
	}
}

// rotateBackups removes what the quota does not allow, one after the other, now that the new backup is good. A backup that
// cannot be removed, such as one that was protected meanwhile, is tried again after the next backup.
func (k *Keeper) rotateBackups(ctx context.Context, w *work) error {
	for {
		list, err := w.backups(ctx)
		if err != nil {
			return err
		}
		w.effects.Backups = new(len(list))
		oldest := surplus(list, w)
		if w.Task == "" && oldest == "" {
			return nil
		}
		if err := k.do(ctx, w, w.removal(oldest)); err != nil {
			return k.overQuota(w, err)
		}
		w.Task, w.Called = "", time.Time{}
		if err := k.save(ctx, w); err != nil {
			return err
		}
	}
}

// surplus is the first backup that has to go, "" when none has. While the new one is not there, or not good, nothing goes.
func surplus(list []hypervisor.Backup, w *work) string {
	all := copies(list)
	there := slices.ContainsFunc(all, func(c retention.Copy) bool { return c.ID == w.Subject && c.State == retention.Good })
	gone := retention.Surplus(all, w.want.Backups)
	if !there || len(gone) == 0 {
		return ""
	}
	return gone[0].ID
}

// overQuota ends a rotation that cannot be done: the new backup is good all the same.
func (k *Keeper) overQuota(w *work, err error) error {
	_, waits := errors.AsType[pipeline.WaitError](err)
	if waits || errors.Is(err, pipeline.ErrLost) || k.passes(w, k.Clock.Now(), err) {
		return err
	}
	w.effects.Alarm = fmt.Sprintf("kvmbridge: service %d has a new backup, but its oldest one could not be removed and it has more than its quota: %v", w.ServiceID, err)
	return nil
}
