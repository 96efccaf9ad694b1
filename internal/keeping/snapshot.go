package keeping

import (
	"context"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// snapshots lists those that count: made by this product, finished or not. Of a guest that was taken over nobody can tell
// which were made by hand in Proxmox, so there all count.
func (s *site) snapshots(ctx context.Context) ([]hypervisor.Snapshot, error) {
	list, err := s.hv.Snapshots(ctx, s.node, s.m.VMID)
	return slices.DeleteFunc(list, func(x hypervisor.Snapshot) bool { return !s.counts(x.Name) }), err
}

func (s *site) counts(name string) bool { return s.m.Adopted || retention.OwnName(name) }

func states(list []hypervisor.Snapshot) []retention.Copy {
	var out []retention.Copy
	for _, x := range list {
		out = append(out, retention.Copy{ID: x.Name, Made: x.Taken, State: retention.Good})
	}
	return out
}

func has(list []hypervisor.Snapshot, name string) bool {
	return slices.ContainsFunc(list, func(x hypervisor.Snapshot) bool { return x.Name == name && x.Unfinished == "" })
}

// beginSnapshot takes the machine for a snapshot, or says why there can be none.
func (k *Keeper) beginSnapshot(ctx context.Context, w *work) error {
	list, err := w.snapshots(ctx)
	if err != nil {
		return err
	}
	can, err := w.hv.CanSnapshot(ctx, w.node, w.m.VMID)
	if err != nil {
		return err
	}
	wish := retention.Wish{Kind: retention.Snapshot, Scheduled: !w.Slot.IsZero(), Quota: w.want.Snapshots, Have: states(list), Rigid: !can}
	if err := k.begin(ctx, w, wish); err != nil {
		return err
	}
	w.Attempt++
	w.Subject = retention.ManualName(w.Asked)
	if !w.Slot.IsZero() {
		w.Subject = retention.ScheduledName(w.Slot)
	}
	return nil
}

// rotateSnapshots makes room for what the plan wants: the oldest goes before the new one is taken. Nobody's wish makes room.
func (k *Keeper) rotateSnapshots(ctx context.Context, w *work) error {
	for !w.Slot.IsZero() {
		list, err := w.snapshots(ctx)
		if err != nil {
			return err
		}
		eldest := retention.Eldest(states(list), w.want.Snapshots)
		if w.Task == "" && (len(eldest) == 0 || has(list, w.Subject)) {
			return nil
		}
		name := ""
		if len(eldest) > 0 {
			name = eldest[0].ID
		}
		if err := k.do(ctx, w, w.unsnap(name)); err != nil {
			return err
		}
		w.Task, w.Called = "", time.Time{}
		if err := k.save(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) unsnap(name string) doing {
	return doing{
		what: "a snapshot to go",
		begin: func(ctx context.Context) (string, error) {
			return w.hv.DeleteSnapshot(ctx, w.node, w.m.VMID, name)
		},
		seen: func(ctx context.Context) (bool, error) {
			list, err := w.hv.Snapshots(ctx, w.node, w.m.VMID)
			return err == nil && !slices.ContainsFunc(list, func(x hypervisor.Snapshot) bool { return x.Name == name }), err
		},
	}
}

// take has Proxmox make the snapshot.
func (k *Keeper) take(ctx context.Context, w *work) error {
	text := w.Note
	if !w.Slot.IsZero() {
		text = retention.ScheduledText(w.Slot)
	}
	seen := func(ctx context.Context) (bool, error) {
		list, err := w.snapshots(ctx)
		return has(list, w.Subject), err
	}
	if there, err := seen(ctx); err != nil || there && w.Task == "" {
		return k.count(ctx, w, err)
	}
	err := k.do(ctx, w, doing{
		what: "the snapshot",
		begin: func(ctx context.Context) (string, error) {
			return w.hv.TakeSnapshot(ctx, w.node, w.m.VMID, w.Subject, text)
		},
		seen: seen,
	})
	return k.count(ctx, w, err)
}

// count notes how many snapshots there are, once a deed has changed that.
func (k *Keeper) count(ctx context.Context, w *work, err error) error {
	if err != nil {
		return err
	}
	list, err := w.snapshots(ctx)
	w.effects.Snapshots = new(len(list))
	return err
}

func noSnapshot() error {
	return retention.RefusalError{Text: "This VM has no such snapshot (any more)."}
}

// beginRollback takes the machine to return it to a snapshot.
func (k *Keeper) beginRollback(ctx context.Context, w *work) error {
	if w.m.Suspended {
		return retention.RefusalError{Text: "The service is suspended. Its VM can return to a snapshot when it is active again."}
	}
	list, err := w.snapshots(ctx)
	if err != nil {
		return err
	}
	if !has(list, w.Subject) {
		return noSnapshot()
	}
	if err := w.unlocked(ctx); err != nil {
		return err
	}
	return k.seize(ctx, w)
}

// rollback puts the snapshot in the place of the guest, with its configuration of then; the package is applied again afterwards.
func (k *Keeper) rollback(ctx context.Context, w *work) error {
	return k.do(ctx, w, doing{
		what:  "the return to the snapshot",
		begin: func(ctx context.Context) (string, error) { return w.hv.Rollback(ctx, w.node, w.m.VMID, w.Subject) },
		seen:  func(context.Context) (bool, error) { return false, nil },
	})
}
