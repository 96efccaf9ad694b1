package keeping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// gracePeriod is how long a guest may take to power off before its power is cut (product-spec §6.2).
const gracePeriod = 120 * time.Second

// beginRestore takes the machine for a restore, or says why there can be none.
func (k *Keeper) beginRestore(ctx context.Context, w *work) error {
	if w.m.Suspended {
		return retention.RefusalError{Text: "The service is suspended. Its VM can be restored when it is active again."}
	}
	b, err := w.own(ctx)
	if err != nil {
		return err
	}
	if b.Verified == hypervisor.VerifiedBad {
		return retention.RefusalError{Text: "The backup server found this backup damaged. Choose another one."}
	}
	if err := w.unlocked(ctx); err != nil {
		return err
	}
	return k.seize(ctx, w)
}

// own finds the backup that the deed is about, if it is of this machine.
func (w *work) own(ctx context.Context) (hypervisor.Backup, error) {
	list, err := w.backups(ctx)
	i := slices.IndexFunc(list, func(b hypervisor.Backup) bool { return b.Volume == w.Subject })
	if err != nil || i < 0 {
		return hypervisor.Backup{}, errors.Join(err, gone(err, "This VM has no such backup (any more)."))
	}
	return list[i], nil
}

func gone(err error, text string) error {
	if err != nil {
		return nil //nolint:nilerr // joined with err by the caller
	}
	return retention.RefusalError{Text: text}
}

// unlocked refuses while Proxmox works on the guest.
func (w *work) unlocked(ctx context.Context) error {
	status, err := w.hv.Status(ctx, w.node, w.m.VMID)
	if err != nil {
		return err
	}
	return retention.Busy(status.Lock)
}

// stop powers the guest off: it is asked to, and its power is cut after the grace period.
func (k *Keeper) stop(ctx context.Context, w *work) error {
	running, err := w.running(ctx)
	if err != nil || !running {
		return err
	}
	now := k.Clock.Now()
	switch {
	case w.Task != "":
		return k.cut(ctx, w)
	case w.Called.IsZero():
		w.Called = now
		_, err = w.hv.Shutdown(ctx, w.node, w.m.VMID, gracePeriod)
	case now.Sub(w.Called) >= gracePeriod:
		w.Task, err = w.hv.Stop(ctx, w.node, w.m.VMID)
	}
	if err != nil && !errors.Is(err, hypervisor.ErrUnknownOutcome) {
		return err
	}
	return pipeline.Wait(k.poll(), "the VM to stop")
}

func (w *work) running(ctx context.Context) (bool, error) {
	status, err := w.hv.Status(ctx, w.node, w.m.VMID)
	return status.Running, err
}

// cut waits until the power is cut.
func (k *Keeper) cut(ctx context.Context, w *work) error {
	err := k.await(ctx, w, doing{what: "the VM to stop", seen: func(context.Context) (bool, error) { return true, nil }})
	if err != nil {
		return err
	}
	running, err := w.running(ctx)
	if running {
		return pipeline.WithFault(errors.New("the VM still runs after its power was cut; nothing was changed"), pipeline.Permanent)
	}
	return err
}

// restore puts the backup in the place of the guest. Description and name stay those of now: they say whose guest it is. A
// restore that may or may not have happened is done once more.
func (k *Keeper) restore(ctx context.Context, w *work) error {
	err := k.do(ctx, w, doing{
		what: "the restore",
		begin: func(ctx context.Context) (string, error) {
			return w.hv.Restore(ctx, w.node, w.m.VMID, w.Subject, w.identity())
		},
		seen: func(context.Context) (bool, error) { return false, nil },
	})
	if err == nil {
		w.effects.Snapshots = new(0) // Proxmox removes them
	}
	return err
}

// identity are the keys by which a guest is known as its owner's.
func (w *work) identity() map[string]string {
	set := map[string]string{}
	for _, key := range []string{"description", "name"} {
		if value := w.config.Values[key]; strings.TrimSpace(value) != "" {
			set[key] = value
		}
	}
	return set
}

// reapply gives the machine to the pipeline, which makes it what its service says and starts it, and tells the owner at the end.
func (k *Keeper) reapply(ctx context.Context, w *work) error {
	if w.Called.IsZero() {
		w.Called = k.Clock.Now()
		w.effects.Release, w.effects.Reapply = true, true
		if err := k.save(ctx, w); err != nil {
			return err
		}
		k.Wake()
		return pipeline.Wait(k.poll(), "the package to be applied again")
	}
	settled, err := k.Book.Settled(ctx, w.ServiceID)
	switch {
	case errors.Is(err, vm.ErrRefused):
		return nil // terminated since
	case err != nil:
		return err
	case !settled:
		return pipeline.Wait(k.poll(), "the package to be applied again")
	}
	if template := w.want.Integrations.MailRestored; w.Kind == Restore && template != "" {
		w.effects.Mails = []vm.Mail{{Template: template, Vars: map[string]string{"vm_id": strconv.Itoa(w.m.VMID), "server_hostname": w.host}}}
	}
	return nil
}

// explained says after a failed restore how the guest is left.
func explained(w *work, err error) error {
	if w.Kind != Restore || w.Phase != Restoring {
		return err
	}
	return fmt.Errorf("VM %d is stopped and its disks may be incomplete: restore a backup again, or reinstall (%w)", w.m.VMID, err)
}
