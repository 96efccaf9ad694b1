package keeping_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
)

// dying is a book whose process dies at its n-th write: before the write when lost, else right after it.
type dying struct {
	keeping.Book
	left atomic.Int64
	lost bool
	kill context.CancelFunc
}

var errDied = errors.New("the process died")

func (d *dying) write(do func() error) error {
	switch n := d.left.Add(-1); {
	case n < 0 || n == 0 && d.lost:
		d.kill()
		return errDied
	case n == 0:
		_ = do()
		d.kill()
		return errDied
	}
	return do()
}

func (d *dying) Save(ctx context.Context, deed *keeping.Deed, e keeping.Effects, now, due time.Time) error {
	return d.write(func() error { return d.Book.Save(context.WithoutCancel(ctx), deed, e, now, due) })
}

func (d *dying) Hold(ctx context.Context, deed *keeping.Deed, now, until time.Time) error {
	return d.write(func() error { return d.Book.Hold(context.WithoutCancel(ctx), deed, now, until) })
}

// A process dies at every write that a deed needs, before or after it; the next one goes on. Each makes exactly one copy.
func TestCrash_atEveryWrite(t *testing.T) {
	t.Parallel()
	for _, kind := range []keeping.Kind{keeping.Backup, keeping.Restore, keeping.Snapshot} {
		for n := int64(1); n <= 12; n++ {
			t.Run(fmt.Sprintf("%s/%d", kind, n), func(t *testing.T) {
				t.Parallel()
				crash(t, kind, n, false)
				if n%2 == 0 { // a write that was lost leaves what the one before it left, and what Proxmox did since
					crash(t, kind, n, true)
				}
			})
		}
	}
}

func crash(t *testing.T, kind keeping.Kind, n int64, lost bool) {
	t.Helper()
	w := newWorld(t)
	id := w.machine(product(2, 1, "server", `,"snapshot_schedule":true`))
	old := w.backup(id, "server")
	second := w.backup(id, "server")
	upid, err := w.hv.TakeSnapshot(t.Context(), "pve1", vmidOf(id), "manual_2026-01-01_00-00-00", "")
	w.byHand("a snapshot", upid, err)
	if kind == keeping.Restore {
		w.engine()
		w.ask(id, keeping.Restore, old)
	} else {
		w.plan(id, kind)
		w.toTomorrow()
		w.run(map[keeping.Kind]func(*keeping.Keeper) task{keeping.Backup: queueOnly(w.scheduled(keeping.Backup)), keeping.Snapshot: queueOnly(w.scheduled(keeping.Snapshot))}[kind])
	}
	left := n
	for end := time.Now().Add(20 * time.Second); left > 0 && !w.settled() && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		ctx, kill := context.WithCancel(t.Context())
		k := w.keeper()
		d := &dying{Book: w.book, lost: lost, kill: kill}
		d.left.Store(left)
		k.Book = d
		_, _, _, _ = carry(k, kind)(ctx)
		left = d.left.Load()
		kill()
	}
	w.pass(6 * time.Minute) // until others may look at what the dead one had
	w.until("an end", w.settled, func(k *keeping.Keeper) task { return carry(k, kind) })
	if w.deeds(id, keeping.Done) != 1 || w.deeds(id, keeping.Failed) != 0 || !w.free(id) {
		t.Fatalf("%s; free %t", w.text("SELECT GROUP_CONCAT(CONCAT_WS(' ', phase, last_error)) FROM kvmbridge_copies"), w.free(id))
	}
	switch kind { //nolint:exhaustive // the others are short
	case keeping.Backup:
		list := w.backups(id, "server")
		if len(list) != 2 || list[0].Volume != second || !strings.HasPrefix(list[1].Notes, "Scheduler: ") || countTasks(w.sim, "vzdump") != 3 {
			t.Errorf("%d tasks left %+v", countTasks(w.sim, "vzdump"), list)
		}
	case keeping.Snapshot:
		if got := w.snapshots(id); len(got) != 1 || !strings.HasPrefix(got[0], "scheduler_") || countTasks(w.sim, "qmsnapshot") != 2 {
			t.Errorf("%d tasks left %q", countTasks(w.sim, "qmsnapshot"), got)
		}
	case keeping.Restore:
		g, _ := w.sim.Guest(vmidOf(id))
		if mails := w.text("SELECT COUNT(*) FROM kvmbridge_outbox WHERE subject = 'puqProxmoxKVM Backup restored'"); mails != "1" || !g.Running {
			t.Errorf("%s mails, running %t", mails, g.Running)
		}
	}
}

// scheduled queues what a plan wants without looking at it.
func (w *world) scheduled(kind keeping.Kind) func(context.Context) error {
	return func(ctx context.Context) error {
		plans, err := w.book.Plans(ctx, kind)
		if err != nil {
			return err
		}
		for _, p := range plans {
			slot, _ := p.Plan.Look(w.clk.Now(), time.UTC)
			if _, err := w.book.Ask(ctx, keeping.Deed{ServiceID: p.ServiceID, Kind: kind, Slot: slot.Day, Phase: keeping.Queued, Asked: w.clk.Now(), Since: w.clk.Now()}, ""); err != nil {
				return err
			}
		}
		return nil
	}
}

func queueOnly(do func(context.Context) error) func(*keeping.Keeper) task {
	return func(*keeping.Keeper) task {
		return func(ctx context.Context) (int, int, []string, error) { return 0, 0, nil, do(ctx) }
	}
}

func carry(k *keeping.Keeper, kind keeping.Kind) task {
	return map[keeping.Kind]task{keeping.Backup: k.NowBackupStatus, keeping.Restore: k.RestoreBackupStatus, keeping.Snapshot: k.ScheduleSnapshot}[kind]
}
