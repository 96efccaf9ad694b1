package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Reprieves takes terminations back in the database; implemented by internal/store.
type Reprieves interface {
	// Restore puts a machine whose termination was ordered after since back to ready, together with the job that gives its guest
	// power and cable, and with a change that was cut short. vm.ErrRefused when it is not being terminated or was ordered
	// earlier, vm.ErrBusy while somebody works on it; nothing has changed then.
	Restore(ctx context.Context, serviceID int64, since time.Time) error
}

// Restore takes a termination back while the guest is held for it (Undo). A suspension is not lifted by it. Refusals are
// Sentences.
func (d *Desk) Restore(ctx context.Context, serviceID int64) error {
	m, err := d.Registry.Find(ctx, serviceID)
	if err != nil {
		return d.settle(ctx, serviceID, err)
	}
	now := d.Clock.Now()
	if _, held := m.Held(d.Undo, now); !held {
		return Sentence(d.nothingToTakeBack(m))
	}
	err = d.Reprieves.Restore(ctx, serviceID, now.Add(-d.Undo))
	if errors.Is(err, vm.ErrBusy) {
		return Sentence(fmt.Sprintf("The VM of service %d is being switched off at this moment, or its removal has begun. Try again in a minute.", serviceID))
	}
	return d.settle(ctx, serviceID, err)
}

func (d *Desk) nothingToTakeBack(m vm.Machine) string {
	switch {
	case m.Status != vm.Terminate:
		return fmt.Sprintf("The VM of service %d is at status %q: there is no termination to take back.", m.ServiceID, m.Status)
	case d.Undo == 0:
		return fmt.Sprintf("The VM of service %d is being removed, and this installation keeps none: see termination.undo in its configuration.", m.ServiceID)
	case m.Ended.IsZero():
		return fmt.Sprintf("The VM of service %d was still being built when it was terminated: run Create again when it is gone.", m.ServiceID)
	}
	return fmt.Sprintf("The VM of service %d is being removed: its termination could be taken back until %s UTC.", m.ServiceID, m.Ended.Add(d.Undo).UTC().Format(time.DateTime))
}

// revive gives a service that is ordered again the guest that is still held for it. WHMCS calls it Active then, so that it
// is suspended no more.
func (d *Desk) revive(ctx context.Context, serviceID int64) error {
	if err := d.Registry.Suspend(ctx, serviceID, false); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	return d.Restore(ctx, serviceID)
}
