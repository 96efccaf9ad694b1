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

	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Open implements vm.Registry. Two calls for one service meet at our row, so that one order makes one record even where
// the reference product's table has no unique key.
func (d *DB) Open(ctx context.Context, o vm.Order) error {
	return wrap(d.place(ctx, o, open), "open the record", o.ServiceID)
}

// Reopen implements vm.Registry. Addresses and VM id stay until Discarded, so that nobody gets them while the old guest may
// exist. An adopted guest is known by its name, which therefore stays until then too; the wish to be suspended outlives the guest.
func (d *DB) Reopen(ctx context.Context, o vm.Order) error {
	return wrap(d.place(ctx, o, reopen), "order the VM anew", o.ServiceID)
}

// place writes an order down: the record as begin wants it, the sealed password, and WHMCS's fields.
func (d *DB) place(ctx context.Context, o vm.Order, begin func(context.Context, *sqlx.Tx, shape, vm.Order, time.Time) error) error {
	sealed, err := d.seal(guestPassword, o.ServiceID, o.Password)
	if err != nil {
		return err
	}
	s, err := d.recordShape(ctx)
	if err != nil {
		return err
	}
	now := d.cfg.Clock.Now()
	return tx.Run(ctx, d.sql, func(q *sqlx.Tx) error {
		if err := begin(ctx, q, s, o, now); err != nil {
			return err
		}
		if err := saveSecret(ctx, q, guestPassword, o.ServiceID, sealed, now); err != nil {
			return err
		}
		if err := tellPassword(ctx, q, o, now); err != nil {
			return err
		}
		return openService(ctx, q, o)
	})
}

func open(ctx context.Context, q *sqlx.Tx, s shape, o vm.Order, now time.Time) error {
	if err := openWork(ctx, q, o, now); err != nil {
		return err
	}
	return openRecord(ctx, q, s, o)
}

func reopen(ctx context.Context, q *sqlx.Tx, s shape, o vm.Order, now time.Time) error {
	w, err := lockWork(ctx, q, o.ServiceID, now)
	if errors.Is(err, vm.ErrNoMachine) {
		return open(ctx, q, s, o, now)
	}
	if err != nil {
		return err
	}
	if err := move(ctx, q, o.ServiceID, w, vm.Creation, now); err != nil {
		return err
	}
	if err := inOrder(ctx, q, o.ServiceID, dropJobs, dropRuns); err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, "UPDATE kvmbridge_vm SET wish = NULL, discard = 1, next_name = ?, created_at = ? WHERE service_id = ?", plain.Text(o.Name), tx.Moment(now), o.ServiceID)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE puqProxmoxKVM_vm_info SET vm_name = CASE WHEN ? THEN vm_name ELSE ? END, vm_snapshots = 0, vm_backups = 0,
		vm_backup_now_utid = ?, vm_backup_restore_utid = ?, vm_last_action_log = ?, vm_deploy_log = ? WHERE service_id = ?`,
		w.Adopted, orNone(s, "vm_name", o.Name), s.none("vm_backup_now_utid"), s.none("vm_backup_restore_utid"),
		s.none("vm_last_action_log"), s.none("vm_deploy_log"), o.ServiceID)
	return err
}

// openWork makes the machine due; leases of an earlier life end here.
func openWork(ctx context.Context, q *sqlx.Tx, o vm.Order, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_vm (service_id, server_id, wake_at, created_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE server_id = VALUES(server_id), wish = NULL, adopted = 0, discard = 0, next_name = NULL, wake_at = VALUES(wake_at), created_at = VALUES(created_at), node = '', task = '',
		suspended = 0, woken = 0, lease_holder = NULL, lease_token = lease_token + 1, failures = 0, failing_since = NULL,
		attention = NULL, attention_at = NULL, last_error = NULL, ended_at = NULL`, o.ServiceID, o.ServerID, tx.Moment(now), tx.Moment(now))
	if err != nil {
		return err
	}
	return dropJobs(ctx, q, o.ServiceID)
}

// tellPassword lets WHMCS know a password that it did not make itself; the outbox names only the service.
func tellPassword(ctx context.Context, q *sqlx.Tx, o vm.Order, now time.Time) error {
	if !o.NewPassword {
		return nil
	}
	return outbox.PutPassword(ctx, q, o.ServiceID, now)
}

func openRecord(ctx context.Context, q *sqlx.Tx, s shape, o vm.Order) error {
	fresh, err := insertRecord(ctx, q, s, o)
	if err != nil || fresh {
		return err
	}
	var status sql.NullString
	err = q.GetContext(ctx, &status, "SELECT vm_status FROM puqProxmoxKVM_vm_info WHERE service_id = ? LIMIT 1", o.ServiceID)
	if err == nil && status.String != string(vm.Removed) {
		err = vm.ErrExists
	}
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `UPDATE puqProxmoxKVM_vm_info SET vm_status = ?, vm_id = ?, vm_name = ?, vm_net0_mac = ?, vm_rev_dns = '{}',
		vm_snapshots = 0, vm_backups = 0, vm_backup_now_utid = ?, vm_backup_restore_utid = ? WHERE service_id = ?`,
		string(vm.Creation), s.none("vm_id"), orNone(s, "vm_name", o.Name), s.none("vm_net0_mac"),
		s.none("vm_backup_now_utid"), s.none("vm_backup_restore_utid"), o.ServiceID)
	return err
}

// insertRecord writes the record unless there is one; the caller's row lock keeps other orders for the service out. It
// names every column that a table made by somebody else insists on.
func insertRecord(ctx context.Context, q *sqlx.Tx, s shape, o vm.Order) (bool, error) {
	names := []string{"service_id", "vm_status", "vm_name", "vm_rev_dns"}
	values := []any{o.ServiceID, string(vm.Creation), orNone(s, "vm_name", o.Name), "{}"}
	for _, c := range s.required() {
		if !slices.Contains(names, strings.ToLower(c.Name)) {
			names, values = append(names, c.Name), append(values, c.zero())
		}
	}
	query := fmt.Sprintf("INSERT INTO puqProxmoxKVM_vm_info (`%s`) SELECT ?%s FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM puqProxmoxKVM_vm_info WHERE service_id = ?)",
		strings.Join(names, "`, `"), strings.Repeat(", ?", len(names)-1))
	n, err := tx.Affected(q.ExecContext(ctx, query, append(values, o.ServiceID)...))
	return n > 0, err
}

func saveSecret(ctx context.Context, q *sqlx.Tx, purpose string, id int64, sealed []byte, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_secrets (purpose, ref_id, sealed, saved_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE sealed = VALUES(sealed), saved_at = VALUES(saved_at)`, purpose, id, sealed, tx.Moment(now))
	return err
}

func openService(ctx context.Context, q *sqlx.Tx, o vm.Order) error {
	n, err := tx.Affected(q.ExecContext(ctx, "UPDATE tblhosting SET domain = ?, username = ? WHERE id = ?", o.Domain, o.Username, o.ServiceID))
	if err == nil && n == 0 {
		return vm.ErrNoService
	}
	return err
}

// Find implements vm.Registry.
func (d *DB) Find(ctx context.Context, serviceID int64) (vm.Machine, error) {
	rec, err := d.load(ctx, serviceID)
	if err != nil {
		return vm.Machine{}, wrap(err, "find the record", serviceID)
	}
	return d.machine(rec), nil
}
