package copies

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Save implements keeping.Book.
func (b *Book) Save(ctx context.Context, d *keeping.Deed, e keeping.Effects, now, due time.Time) error {
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		w := write{b, q, d, e, now}
		for _, do := range []func(context.Context) error{w.machine, func(ctx context.Context) error { return w.deed(ctx, due) }, w.record, w.tell} {
			if err := do(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return wrap(err, "note the "+string(d.Kind), d.ServiceID)
	}
	if e.Release {
		d.Running, d.Hold = false, 0
	}
	return nil
}

// write is one fenced transaction; it may be repeated.
type write struct {
	book *Book
	q    *sqlx.Tx
	d    *keeping.Deed
	e    keeping.Effects
	at   time.Time
}

// machine gives the machine back, and leaves the wish to have its package applied again. Our row of the machine is touched first, as
// by everybody else.
func (w write) machine(ctx context.Context) error {
	if w.e.Reapply {
		_, err := w.q.ExecContext(ctx, `UPDATE kvmbridge_vm SET wish = ?, woken = 1, wake_at = CASE WHEN lease_holder IS NULL THEN ? ELSE wake_at END WHERE service_id = ?
			AND EXISTS (SELECT 1 FROM puqProxmoxKVM_vm_info i WHERE i.service_id = kvmbridge_vm.service_id AND i.vm_status NOT IN (?, ?, ?))`,
			string(vm.ChangePackage), tx.Moment(w.at), w.d.ServiceID, string(vm.Terminate), string(vm.ErrorTerminate), string(vm.Removed))
		if err != nil {
			return err
		}
	}
	if !w.e.Release || w.d.Hold == 0 {
		return nil
	}
	_, err := w.q.ExecContext(ctx, "UPDATE kvmbridge_vm SET lease_holder = NULL, wake_at = ?, woken = 0 WHERE service_id = ? AND lease_holder = ? AND lease_token = ?",
		tx.Moment(w.at), w.d.ServiceID, Holder, w.d.Hold)
	return err
}

func (w write) deed(ctx context.Context, due time.Time) error {
	d := w.d
	ended := time.Time{}
	if due.IsZero() {
		ended = w.at
	}
	err := tx.ExactlyOne(w.q.ExecContext(ctx, `UPDATE kvmbridge_copies SET subject = ?, phase = ?, place = ?, task = ?, attempt = ?, since = ?, called_at = ?,
		failing_since = ?, failures = ?, last_error = ?, due_at = ?, ended_at = ? WHERE id = ? AND token = ?`,
		d.Subject, string(d.Phase), d.Place, d.Task, d.Attempt, tx.Moment(d.Since), tx.Moment(d.Called),
		tx.Moment(d.Failing), d.Failures, plain.Text(d.LastError), tx.Moment(due), tx.Moment(ended), d.ID, d.Token))
	if err != nil || !w.e.Release {
		return err
	}
	_, err = w.q.ExecContext(ctx, "UPDATE kvmbridge_copies SET running = NULL, hold = 0 WHERE id = ?", d.ID)
	return err
}

// record keeps the columns that the reference product has for the same things.
func (w write) record(ctx context.Context) error {
	set := map[string]any{}
	task := func(column string, kind keeping.Kind, during keeping.Phase) {
		if w.d.Kind != kind {
			return
		}
		set[column] = ""
		if w.d.Phase == during {
			set[column] = w.d.Task
		}
	}
	task("vm_backup_now_utid", keeping.Backup, keeping.Dumping)
	task("vm_backup_restore_utid", keeping.Restore, keeping.Restoring)
	if w.d.Phase == keeping.Done && !w.d.Slot.IsZero() {
		set[plans[w.d.Kind].last] = w.d.Slot.String()
	}
	if w.e.Snapshots != nil {
		set["vm_snapshots"] = *w.e.Snapshots
	}
	if w.e.Backups != nil {
		set["vm_backups"] = *w.e.Backups
	}
	for column, value := range set {
		_, err := w.q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET "+column+" = ? WHERE service_id = ?", value, w.d.ServiceID)
		if err != nil {
			return err
		}
	}
	return nil
}

// tell leaves what WHMCS and the operator are to know.
func (w write) tell(ctx context.Context) error {
	for _, m := range w.e.Mails {
		if err := outbox.PutMail(ctx, w.q, w.d.ServiceID, m, w.at); err != nil {
			return err
		}
	}
	if w.e.Alarm == "" {
		return nil
	}
	err := outbox.PutActivity(ctx, w.q, w.d.ServiceID, w.e.Alarm, w.at)
	if err != nil || !w.book.webhook {
		return err
	}
	return outbox.PutWebhook(ctx, w.q, w.d.ServiceID, w.e.Alarm, w.at)
}
