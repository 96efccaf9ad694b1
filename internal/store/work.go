package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// work is where a machine stands while this transaction keeps everybody else from it.
type work struct {
	Holder  sql.NullString `db:"lease_holder"`
	Wish    sql.NullString `db:"wish"`
	Adopted bool           `db:"adopted"`
	WakeAt  sql.NullTime   `db:"wake_at"`
	EndedAt sql.NullTime   `db:"ended_at"`
	Status  pipeline.State `db:"-"`
	Jobs    bool           `db:"-"` // some are queued
}

// over reports a life that has ended or is ending: nothing that is asked for now would ever happen.
func (w work) over() bool {
	return slices.Contains([]pipeline.State{vm.Terminate, vm.ErrorTerminate, vm.Removed}, w.Status)
}

func (w work) refused() error { return fmt.Errorf("%w: it is at %q", vm.ErrRefused, w.Status) }

// lockWork takes our row of a machine, which every write of a lease touches first. A machine of the reference product gets
// its row here. The status is read behind the lock.
func lockWork(ctx context.Context, q *sqlx.Tx, serviceID int64, now time.Time) (work, error) {
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_vm (service_id, server_id, adopted, created_at)
		SELECT i.service_id, COALESCE((SELECT h.server FROM tblhosting h WHERE h.id = i.service_id), 0), 1, ? FROM puqProxmoxKVM_vm_info i
		WHERE i.service_id = ? AND NOT EXISTS (SELECT 1 FROM kvmbridge_vm v WHERE v.service_id = i.service_id) LIMIT 1
		ON DUPLICATE KEY UPDATE woken = woken`, tx.Moment(now), serviceID)
	if err != nil {
		return work{}, err
	}
	var w work
	if err := q.GetContext(ctx, &w, "SELECT lease_holder, wish, adopted, wake_at, ended_at FROM kvmbridge_vm WHERE service_id = ? FOR UPDATE", serviceID); err != nil {
		return w, noMachine(err)
	}
	var at struct {
		Status sql.NullString `db:"vm_status"`
		Jobs   bool           `db:"jobs"`
	}
	err = q.GetContext(ctx, &at, `SELECT vm_status, EXISTS (SELECT 1 FROM kvmbridge_jobs j WHERE j.service_id = i.service_id) AS jobs
		FROM puqProxmoxKVM_vm_info i WHERE i.service_id = ? LIMIT 1`, serviceID)
	w.Status, w.Jobs = pipeline.State(at.Status.String), at.Jobs
	return w, noMachine(err)
}

func noMachine(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return vm.ErrNoMachine
	}
	return err
}

// order carries out what somebody wants of a machine, in a transaction that has the machine for itself.
func (d *DB) order(ctx context.Context, serviceID int64, do func(q *sqlx.Tx, w work, now time.Time) error) error {
	now := d.cfg.Clock.Now()
	return tx.Run(ctx, d.sql, func(q *sqlx.Tx) error {
		w, err := lockWork(ctx, q, serviceID, now)
		if err != nil {
			return err
		}
		return do(q, w, now)
	})
}

// Suspend implements vm.Registry. A machine that is being worked on is looked at again when its lease ends.
func (d *DB) Suspend(ctx context.Context, serviceID int64, suspended bool) error {
	err := d.order(ctx, serviceID, func(q *sqlx.Tx, _ work, now time.Time) error {
		_, err := q.ExecContext(ctx, `UPDATE kvmbridge_vm SET suspended = ?, woken = 1,
			wake_at = CASE WHEN wake_at IS NULL AND lease_holder IS NULL THEN ? ELSE wake_at END WHERE service_id = ?`,
			suspended, tx.Moment(now), serviceID)
		return err
	})
	return wrap(err, "note the suspension", serviceID)
}

// Move implements vm.Registry. An admin who moves a machine to remove says that its guest is gone: addresses and VM id
// are free then, and WHMCS's own row stays as it is.
func (d *DB) Move(ctx context.Context, serviceID int64, to pipeline.State, from ...pipeline.State) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return wrap(err, "move the machine", serviceID)
	}
	err = d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		if len(from) > 0 && !slices.Contains(from, w.Status) {
			return w.refused()
		}
		if err := move(ctx, q, serviceID, w, to, now); err != nil || to != vm.Removed {
			return err
		}
		return s.empty(ctx, q, serviceID)
	})
	if to == vm.Removed {
		d.Freed()
	}
	return wrap(err, "move the machine", serviceID)
}

// move sets the status and ends whatever is being done: a pass under way has lost its lease. A wish outlives that, and so does a
// change that was under way, unless it is what happens now, an admin calls the machine ready, or the life has ended.
func move(ctx context.Context, q *sqlx.Tx, serviceID int64, w work, to pipeline.State, now time.Time) error {
	if to == pipeline.State(w.Wish.String) {
		w.Wish = sql.NullString{}
	}
	wake, wish, ended := now, w.Wish, sql.NullTime{}
	switch to {
	case vm.Terminate:
		wish, ended = w.unfinished(), w.ended(now)
	case vm.Ready:
		if !wish.Valid && !w.Jobs {
			wake = time.Time{}
		}
	case vm.ErrorTerminate:
		wake, wish, ended = time.Time{}, sql.NullString{}, w.EndedAt
	case vm.Removed:
		wake, wish = time.Time{}, sql.NullString{}
	case vm.Creation, vm.SetIP, vm.SetDNSRecords:
		wish = w.unfinished()
	}
	_, err := q.ExecContext(ctx, `UPDATE kvmbridge_vm SET wish = ?, wake_at = ?, task = '', woken = 0, lease_holder = NULL, lease_token = lease_token + 1,
		failures = 0, failing_since = NULL, attention = NULL, attention_at = NULL, last_error = NULL,
		ended_at = ? WHERE service_id = ?`, wish, tx.Moment(wake), ended, serviceID)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_status = ? WHERE service_id = ?", string(to), serviceID)
	return err
}

// ended is when the end of this life was ordered; a machine that was still being built has none that could be taken back.
func (w work) ended(now time.Time) sql.NullTime {
	if w.over() || vm.Building(w.Status) {
		return w.EndedAt
	}
	return tx.Moment(now)
}

// unfinished is what has to be taken up again after something else, such as a termination that is taken back.
func (w work) unfinished() sql.NullString {
	if w.Status == vm.ChangePackage || strings.HasPrefix(string(w.Status), "cp_") {
		return plain.Text(string(vm.ChangePackage))
	}
	return w.Wish
}

// Wish implements vm.Registry. A job under way is not cut short: the wish is taken up when it ends.
func (d *DB) Wish(ctx context.Context, serviceID int64, to pipeline.State) error {
	err := d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		switch {
		case w.over():
			return w.refused()
		case w.Status == vm.Ready && !w.Holder.Valid, w.Status == to && !w.Holder.Valid:
			return move(ctx, q, serviceID, w, to, now)
		case w.Wish.String == string(vm.ChangePackage) && to == vm.SetDNSRecords:
			return nil // the change writes the records too
		}
		_, err := q.ExecContext(ctx, `UPDATE kvmbridge_vm SET wish = ?, woken = CASE WHEN ? THEN 1 ELSE woken END WHERE service_id = ?`,
			string(to), w.Status == vm.Ready, serviceID)
		return err
	})
	return wrap(err, "note the wish", serviceID)
}

// takeUp moves a machine that stands at ready to the status that was wished for meanwhile, or makes it due for its jobs.
func takeUp(ctx context.Context, q *sqlx.Tx, serviceID int64, now time.Time) error {
	var at struct {
		Wish sql.NullString `db:"wish"`
		Jobs bool           `db:"jobs"`
	}
	err := q.GetContext(ctx, &at, `SELECT v.wish, EXISTS (SELECT 1 FROM kvmbridge_jobs j WHERE j.service_id = v.service_id) AS jobs
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id WHERE v.service_id = ? AND i.vm_status = ? LIMIT 1`,
		serviceID, string(vm.Ready))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !at.Wish.Valid && !at.Jobs {
		return nil
	}
	if err != nil {
		return err
	}
	if at.Wish.Valid {
		_, err := q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_status = ? WHERE service_id = ? AND vm_status = ?", at.Wish.String, serviceID, string(vm.Ready))
		if err != nil {
			return err
		}
	}
	_, err = q.ExecContext(ctx, "UPDATE kvmbridge_vm SET wish = NULL, wake_at = CASE WHEN lease_holder IS NULL THEN ? ELSE wake_at END WHERE service_id = ?", tx.Moment(now), serviceID)
	return err
}

// inOrder stops at the first failure: what follows one that the server rolled back would stand outside of the transaction.
func inOrder(ctx context.Context, q *sqlx.Tx, serviceID int64, steps ...func(context.Context, *sqlx.Tx, int64) error) error {
	for _, do := range steps {
		if err := do(ctx, q, serviceID); err != nil {
			return err
		}
	}
	return nil
}

// dropHoldings gives up what a guest that is gone had reserved. Tell the address book after the commit.
func dropHoldings(ctx context.Context, q *sqlx.Tx, serviceID int64) error {
	if err := addresses.Drop(ctx, q, serviceID); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, "DELETE FROM kvmbridge_vmid_reservations WHERE service_id = ?", serviceID)
	return err
}

// empty leaves of a machine whose guest is gone only the record that there was one: its id and what it held are anybody's.
func (s shape) empty(ctx context.Context, q *sqlx.Tx, serviceID int64) error {
	if err := inOrder(ctx, q, serviceID, dropHoldings, dropJobs); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, "UPDATE kvmbridge_vm SET wish = NULL, discard = 0, next_name = NULL, adopted = 0, node = '', task = '', ended_at = NULL WHERE service_id = ?", serviceID)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE puqProxmoxKVM_vm_info SET vm_id = ?, vm_name = ?, vm_net0_mac = ?, vm_rev_dns = '{}', vm_snapshots = 0, vm_backups = 0,
		vm_backup_now_utid = ?, vm_backup_restore_utid = ? WHERE service_id = ?`, s.none("vm_id"), s.none("vm_name"), s.none("vm_net0_mac"),
		s.none("vm_backup_now_utid"), s.none("vm_backup_restore_utid"), serviceID)
	return err
}

// SetPassword implements vm.Registry.
func (d *DB) SetPassword(ctx context.Context, serviceID int64, password string) error {
	sealed, err := d.seal(guestPassword, serviceID, password)
	if err != nil {
		return wrap(err, "save the password", serviceID)
	}
	err = d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		if w.over() {
			return w.refused()
		}
		if err := saveSecret(ctx, q, guestPassword, serviceID, sealed, now); err != nil {
			return err
		}
		return outbox.PutPassword(ctx, q, serviceID, now)
	})
	return wrap(err, "save the password", serviceID)
}
