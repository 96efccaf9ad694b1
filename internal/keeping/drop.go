package keeping

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// beginDrop takes the machine to remove one of its copies.
func (k *Keeper) beginDrop(ctx context.Context, w *work) error {
	if w.Kind == DropBackup {
		b, err := w.own(ctx)
		if err != nil {
			return err
		}
		if b.Protected {
			return retention.RefusalError{Text: "This backup is protected in Proxmox. Ask the provider to take the protection off."}
		}
	}
	if w.Kind == DropSnapshot && !w.counts(w.Subject) {
		return noSnapshot()
	}
	if err := w.unlocked(ctx); err != nil {
		return err
	}
	return k.seize(ctx, w)
}

func (k *Keeper) dropBackup(ctx context.Context, w *work) error {
	if err := k.do(ctx, w, w.removal(w.Subject)); err != nil {
		return err
	}
	list, err := w.backups(ctx)
	w.effects.Backups = new(len(list))
	return err
}

// dropSnapshot removes a snapshot; one that is gone already is no failure.
func (k *Keeper) dropSnapshot(ctx context.Context, w *work) error {
	drop := w.unsnap(w.Subject)
	if w.Task == "" {
		if there, err := drop.seen(ctx); err != nil || there {
			return k.count(ctx, w, err)
		}
	}
	return k.count(ctx, w, k.do(ctx, w, drop))
}
