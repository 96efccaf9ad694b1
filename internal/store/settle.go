package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Begin implements pipeline.Store; nothing is written before there is something to tell.
func (d *DB) Begin(_ context.Context, _ pipeline.Lease, action string, from pipeline.State, at time.Time) (pipeline.Run, error) {
	return pipeline.Run{Action: action, From: from, Started: at}, nil
}

// Settle implements pipeline.Store. It writes the id, name, MAC and node of the machine and its mails, and forgets the task, which
// was the step's own; addresses and reverse names are written by Lease, domain, user name and password by Open.
func (d *DB) Settle(ctx context.Context, l pipeline.Lease, run *pipeline.Run, r *vm.Machine, e pipeline.Entry) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return err
	}
	w := write{d: d, shape: s, lease: l, run: *run, machine: r, entry: e, at: e.Started.Add(e.Took)}
	err = tx.Run(ctx, d.sql, func(q *sqlx.Tx) error { return w.settle(ctx, q, run.ID) })
	if errors.Is(err, pipeline.ErrAgain) { // the step runs again and asks for them again
		r.Suspended, r.Mails, r.Entries, r.Notes, r.Details = w.suspended, nil, nil, nil, nil
	}
	if err != nil {
		return wrap(err, "settle the step", l.ID)
	}
	run.ID, run.Steps = w.run.ID, e.N
	r.Mails, r.Entries, r.Notes, r.Details, r.Task = nil, nil, nil, nil, ""
	r.Failures, r.FailingSince, r.Attention, r.LastError = 0, time.Time{}, run.Failed, run.Failed
	if !vm.IsJob(e.To) {
		r.Status = e.To
	}
	if r.Gone {
		d.Freed()
		*r = vm.Machine{ServiceID: r.ServiceID, ServerID: r.ServerID, ClientID: r.ClientID, Status: r.Status}
	}
	return nil
}

// Fail implements pipeline.Store. The first failure that asks for a person also leaves an entry for WHMCS's activity log.
func (d *DB) Fail(ctx context.Context, l pipeline.Lease, run *pipeline.Run, r *vm.Machine, e pipeline.Entry, t pipeline.Trouble) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return d.parted(l, err)
	}
	t = stillNeeded(r, t)
	w := write{d: d, shape: s, lease: l, run: *run, machine: r, entry: e, at: e.Started.Add(e.Took), parked: t.Parked}
	err = tx.Run(ctx, d.sql, func(q *sqlx.Tx) error { return w.fail(ctx, q, run.ID, t) })
	if err != nil {
		return d.parted(l, wrap(err, "write down the failure", l.ID))
	}
	run.ID, run.Steps = w.run.ID, e.N
	r.Failures, r.FailingSince, r.Attention, r.LastError = t.Failures, t.Since, t.Attention, e.Result
	return nil
}

// stillNeeded keeps the call for a person up while failures follow each other: a passing one in between hides the
// first, it does not mend it.
func stillNeeded(r *vm.Machine, t pipeline.Trouble) pipeline.Trouble {
	if t.Attention == "" && !t.Parked {
		t.Attention = r.Attention
	}
	return t
}

// End implements pipeline.Store.
func (d *DB) End(ctx context.Context, l pipeline.Lease, run *pipeline.Run, r *vm.Machine, at, wake time.Time) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return d.parted(l, err)
	}
	w := write{d: d, shape: s, lease: l, run: *run, machine: r, at: at}
	err = tx.Run(ctx, d.sql, func(q *sqlx.Tx) error { return w.end(ctx, q, wake) })
	return d.parted(l, wrap(err, "end the run", l.ID))
}

// Note implements pipeline.Store.
func (d *DB) Note(ctx context.Context, l pipeline.Lease, r *vm.Machine) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return err
	}
	w := write{d: d, shape: s, lease: l, machine: r}
	err = tx.Run(ctx, d.sql, func(q *sqlx.Tx) error {
		err := tx.ExactlyOne(q.ExecContext(ctx, `UPDATE kvmbridge_vm SET node = ?, task = ?
			WHERE service_id = ? AND lease_token = ? AND lease_holder = ?`, r.Node, r.Task, l.ID, l.Token, d.holder))
		if err != nil {
			return err
		}
		return w.saveRecord(ctx, q, r.Status, r.Status)
	})
	return wrap(err, "note the record", l.ID)
}

// write is one fenced transaction.
type write struct {
	d       *DB
	shape   shape
	lease   pipeline.Lease
	run     pipeline.Run
	machine *vm.Machine
	entry   pipeline.Entry
	at      time.Time

	suspended bool // the wish as it is now
	parked    bool // the step waits for an event
}

func (w *write) settle(ctx context.Context, q *sqlx.Tx, runID int64) error {
	err := tx.ExactlyOne(q.ExecContext(ctx, `UPDATE kvmbridge_vm SET server_id = ?, node = ?, task = '', failures = 0,
		failing_since = NULL, attention = ?, attention_at = ?, last_error = ?
		WHERE service_id = ? AND lease_token = ? AND lease_holder = ?`,
		w.machine.ServerID, w.machine.Node, plain.Text(w.run.Failed), w.failedAt(), plain.Text(w.run.Failed), w.lease.ID, w.lease.Token, w.d.holder))
	if err != nil {
		return err
	}
	if err := w.sameWish(ctx, q); err != nil {
		return err
	}
	w.run.ID = runID // a repeated transaction starts over
	if err := w.saveEntry(ctx, q, resultRunning); err != nil {
		return err
	}
	if err := w.saveRecord(ctx, q, w.entry.From, w.entry.To); err != nil {
		return err
	}
	if err := w.saveLog(ctx, q); err != nil {
		return err
	}
	if err := w.saveEffects(ctx, q); err != nil || !w.machine.Gone {
		return err
	}
	return w.clear(ctx, q)
}

// failedAt is since when a run that gave up needs a person.
func (w *write) failedAt() sql.NullTime {
	if w.run.Failed == "" {
		return sql.NullTime{}
	}
	return tx.Moment(w.at)
}

// saveEffects puts what WHMCS has to do into the outbox. A run that gave up brings its own entry for the activity log.
func (w *write) saveEffects(ctx context.Context, q *sqlx.Tx) error {
	for _, m := range w.machine.Mails {
		if err := outbox.PutMail(ctx, q, w.lease.ID, m, w.at); err != nil {
			return err
		}
	}
	for _, e := range w.machine.Entries {
		if err := outbox.PutActivity(ctx, q, w.lease.ID, e, w.at); err != nil {
			return err
		}
	}
	for _, n := range w.machine.Notes {
		if err := outbox.PutNote(ctx, q, w.lease.ID, n, w.at); err != nil {
			return err
		}
	}
	if w.run.Failed == "" {
		return nil
	}
	return w.callOperator(ctx, q, attentionText(w.lease.ID, w.entry, pipeline.Trouble{Attention: w.run.Failed}))
}

// clear empties what belonged to a guest that is gone. WHMCS may have lost the service before.
func (w *write) clear(ctx context.Context, q *sqlx.Tx) error {
	if err := w.shape.empty(ctx, q, w.lease.ID); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, "DELETE FROM kvmbridge_secrets WHERE purpose = ? AND ref_id = ?", guestPassword, w.lease.ID)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, "UPDATE tblhosting SET dedicatedip = '', assignedips = '', domain = '' WHERE id = ?", w.lease.ID)
	return err
}

// sameWish refuses to call a machine ready while its service was suspended, or released, behind the back of the step that
// looked: the row stays locked until the commit, so a later wish finds the machine ready.
func (w *write) sameWish(ctx context.Context, q *sqlx.Tx) error {
	if w.entry.To != vm.Ready {
		return nil
	}
	err := q.GetContext(ctx, &w.suspended, "SELECT suspended FROM kvmbridge_vm WHERE service_id = ?", w.lease.ID)
	if err == nil && w.suspended != w.machine.Suspended {
		return pipeline.ErrAgain
	}
	return err
}

func (w *write) fail(ctx context.Context, q *sqlx.Tx, runID int64, t pipeline.Trouble) error {
	err := tx.ExactlyOne(q.ExecContext(ctx, `UPDATE kvmbridge_vm SET node = ?, task = ?, failures = ?, failing_since = ?,
		attention_at = CASE WHEN ? IS NULL THEN NULL ELSE COALESCE(attention_at, ?) END, attention = ?, last_error = ?
		WHERE service_id = ? AND lease_token = ? AND lease_holder = ?`,
		w.machine.Node, w.machine.Task, t.Failures, tx.Moment(t.Since),
		plain.Text(t.Attention), tx.Moment(w.at), plain.Text(t.Attention), plain.Text(w.entry.Result), w.lease.ID, w.lease.Token, w.d.holder))
	if err != nil {
		return err
	}
	w.run.ID = runID
	if err := w.saveFailure(ctx, q); err != nil {
		return err
	}
	if t.Attention != "" && w.machine.Attention == "" {
		if err := w.callPerson(ctx, q, attentionText(w.lease.ID, w.entry, t)); err != nil {
			return err
		}
	}
	if err := release(ctx, q, w.d.holder, w.lease, w.at, t.Wake); err != nil || !t.Parked {
		return err
	}
	return takeUp(ctx, q, w.lease.ID, w.at)
}

// callPerson leaves an entry for WHMCS's activity log, and a message for whoever else is to be told.
func (w *write) callPerson(ctx context.Context, q *sqlx.Tx, text string) error {
	if err := outbox.PutActivity(ctx, q, w.lease.ID, text, w.at); err != nil {
		return err
	}
	return w.callOperator(ctx, q, text)
}

func (w *write) callOperator(ctx context.Context, q *sqlx.Tx, text string) error {
	if !w.d.cfg.Webhook {
		return nil
	}
	return outbox.PutWebhook(ctx, q, w.lease.ID, text, w.at)
}

// saveFailure writes the log line and ends the run as waiting, or counts what only repeats itself.
func (w *write) saveFailure(ctx context.Context, q *sqlx.Tx) error {
	repeated, err := w.countRepeat(ctx, q)
	if err != nil {
		return err
	}
	if err := w.saveRecord(ctx, q, w.entry.From, w.entry.To); err != nil || repeated {
		return err
	}
	if err := w.saveEntry(ctx, q, resultWaiting); err != nil {
		return err
	}
	return w.saveHistory(ctx, q)
}

func (w *write) end(ctx context.Context, q *sqlx.Tx, wake time.Time) error {
	if err := release(ctx, q, w.d.holder, w.lease, w.at, wake); err != nil {
		return err
	}
	if wake.IsZero() {
		if err := takeUp(ctx, q, w.lease.ID, w.at); err != nil {
			return err
		}
	}
	if w.run.ID == 0 {
		return nil
	}
	return w.closeRun(ctx, q)
}

// saveRecord is the compare-and-set of the status together with the machine's own fields.
func (w *write) saveRecord(ctx context.Context, q *sqlx.Tx, from, to pipeline.State) error {
	m := w.machine
	if vm.IsJob(from) {
		if err := w.settleJob(ctx, q, from == to && !w.parked); err != nil {
			return err
		}
		from, to = vm.Ready, vm.Ready
	}
	return tx.ExactlyOne(q.ExecContext(ctx, `UPDATE puqProxmoxKVM_vm_info SET vm_status = ?, vm_id = ?, vm_name = ?, vm_net0_mac = ?
		WHERE service_id = ? AND vm_status = ?`, string(to), orNone(w.shape, "vm_id", m.VMID), orNone(w.shape, "vm_name", m.Name),
		orNone(w.shape, "vm_net0_mac", m.MAC), w.lease.ID, string(from)))
}

// attentionText says what holds the VM up; the flag's own text usually gives the reason already.
func attentionText(serviceID int64, e pipeline.Entry, t pipeline.Trouble) string {
	why := t.Attention
	if !strings.Contains(why, e.Result) {
		why += ": " + e.Result
	}
	return fmt.Sprintf("kvmbridge: the VM of service %d needs a person at step %q: %s", serviceID, e.Label, why)
}
