package copies

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Holder is who holds a machine in the name of a deed, whichever process carries it. The engine's processes have random names
// and renew only their own.
const Holder = "copies"

// standing is where a machine stands while this transaction keeps everybody else from it.
type standing struct {
	Holder sql.NullString `db:"lease_holder"`
	Token  int64          `db:"lease_token"`
	WakeAt sql.NullTime   `db:"wake_at"`
	Wish   sql.NullString `db:"wish"`
	Status pipeline.State `db:"-"`
	Jobs   bool           `db:"-"`
}

func (s standing) over() bool {
	return slices.Contains([]pipeline.State{vm.Terminate, vm.ErrorTerminate, vm.Removed}, s.Status)
}

func (s standing) refused() error { return fmt.Errorf("%w: it is at %q", vm.ErrRefused, s.Status) }

// waits tells whether something is to be done to the machine as soon as it is free.
func (s standing) waits() bool { return s.Wish.Valid || s.Jobs }

// free tells whether nobody works on the machine.
func (s standing) free(now time.Time) bool { return !s.Holder.Valid || !s.WakeAt.Time.After(now) }

// lock takes our row of a machine, which every write of a lease touches first, and reads the status behind it. A machine of the
// reference product gets its row here.
func lock(ctx context.Context, q *sqlx.Tx, serviceID int64, now time.Time) (s standing, err error) {
	_, err = q.ExecContext(ctx, `INSERT INTO kvmbridge_vm (service_id, server_id, adopted, created_at)
		SELECT i.service_id, COALESCE((SELECT h.server FROM tblhosting h WHERE h.id = i.service_id), 0), 1, ? FROM puqProxmoxKVM_vm_info i
		WHERE i.service_id = ? AND NOT EXISTS (SELECT 1 FROM kvmbridge_vm v WHERE v.service_id = i.service_id) LIMIT 1
		ON DUPLICATE KEY UPDATE woken = woken`, tx.Moment(now), serviceID)
	if err == nil {
		err = q.GetContext(ctx, &s, "SELECT lease_holder, lease_token, wake_at, wish FROM kvmbridge_vm WHERE service_id = ? FOR UPDATE", serviceID)
	}
	var at struct {
		Status sql.NullString `db:"vm_status"`
		Jobs   bool           `db:"jobs"`
	}
	if err == nil {
		err = q.GetContext(ctx, &at, `SELECT vm_status, EXISTS (SELECT 1 FROM kvmbridge_jobs j WHERE j.service_id = i.service_id) AS jobs
			FROM puqProxmoxKVM_vm_info i WHERE i.service_id = ? LIMIT 1`, serviceID)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = vm.ErrNoMachine
	}
	s.Status, s.Jobs = pipeline.State(at.Status.String), at.Jobs
	return s, err
}

// Hold implements keeping.Book. A hold that ran out, because nobody looked for long, is taken again when nobody works on the
// machine, even when something waits: the deed is half done.
func (b *Book) Hold(ctx context.Context, d *keeping.Deed, now, until time.Time) error {
	var token int64
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		s, err := lock(ctx, q, d.ServiceID, now)
		if err != nil {
			return err
		}
		mine := d.Running && s.Holder.String == Holder && s.Token == d.Hold
		switch {
		case s.Status != vm.Ready && (d.Running || s.over()):
			return s.refused()
		case !mine && (s.Status != vm.Ready || !s.free(now) || s.waits() && !d.Running):
			return keeping.ErrBusy
		}
		token, err = b.seize(ctx, q, d, s, mine, until)
		return err
	})
	if tx.Number(err) == tx.Duplicate {
		return keeping.ErrBusy
	}
	if err != nil {
		return wrap(err, "take the machine", d.ServiceID)
	}
	d.Running, d.Hold = true, token
	return nil
}

func (b *Book) seize(ctx context.Context, q *sqlx.Tx, d *keeping.Deed, s standing, mine bool, until time.Time) (int64, error) {
	if mine {
		_, err := q.ExecContext(ctx, "UPDATE kvmbridge_vm SET wake_at = ? WHERE service_id = ?", tx.Moment(until), d.ServiceID)
		return s.Token, err
	}
	_, err := q.ExecContext(ctx, "UPDATE kvmbridge_vm SET lease_holder = ?, lease_token = lease_token + 1, wake_at = ?, woken = ? WHERE service_id = ?",
		Holder, tx.Moment(until), s.waits(), d.ServiceID)
	if err != nil {
		return 0, err
	}
	return s.Token + 1, tx.ExactlyOne(q.ExecContext(ctx, "UPDATE kvmbridge_copies SET running = 1, hold = ?, place = ? WHERE id = ? AND token = ?", s.Token+1, d.Place, d.ID, d.Token))
}

// Settled implements keeping.Book.
func (b *Book) Settled(ctx context.Context, serviceID int64) (settled bool, err error) {
	err = tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		s, err := lock(ctx, q, serviceID, time.Unix(0, 0))
		if err == nil && s.over() {
			err = s.refused()
		}
		settled = s.Status == vm.Ready && !s.Holder.Valid && !s.waits()
		return err
	})
	return settled, wrap(err, "look at the machine", serviceID)
}
