package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Discarded implements vm.Registry. Only a machine that is marked for it loses anything, so that a call from a pass that was
// overtaken harms nobody.
func (d *DB) Discarded(ctx context.Context, serviceID int64) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return wrap(err, "discard the old VM", serviceID)
	}
	err = d.order(ctx, serviceID, func(q *sqlx.Tx, _ work, _ time.Time) error {
		var name sql.NullString
		err := q.GetContext(ctx, &name, "SELECT next_name FROM kvmbridge_vm WHERE service_id = ? AND discard = 1", serviceID)
		if err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			return err
		}
		if _, err := q.ExecContext(ctx, "UPDATE kvmbridge_vm SET discard = 0, adopted = 0, next_name = NULL, node = '', task = '' WHERE service_id = ?", serviceID); err != nil {
			return err
		}
		if err := dropHoldings(ctx, q, serviceID); err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_id = ?, vm_net0_mac = ?, vm_rev_dns = '{}', vm_name = COALESCE(?, vm_name) WHERE service_id = ?",
			s.none("vm_id"), s.none("vm_net0_mac"), name, serviceID)
		if err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, "UPDATE tblhosting SET dedicatedip = '', assignedips = '' WHERE id = ?", serviceID)
		return err
	})
	d.Freed()
	return wrap(err, "discard the old VM", serviceID)
}

// Forget implements vm.Registry.
func (d *DB) Forget(ctx context.Context, serviceID int64) error {
	err := d.order(ctx, serviceID, func(q *sqlx.Tx, w work, _ time.Time) error {
		if w.Status != vm.ErrorTerminate && w.Status != vm.Removed {
			return w.refused()
		}
		if err := inOrder(ctx, q, serviceID, dropHoldings, dropJobs, dropRuns); err != nil {
			return err
		}
		for _, query := range []string{
			"DELETE FROM kvmbridge_secrets WHERE purpose = '" + guestPassword + "' AND ref_id = ?",
			"DELETE FROM kvmbridge_vm WHERE service_id = ?",
			"DELETE FROM puqProxmoxKVM_vm_info WHERE service_id = ?",
		} {
			if _, err := q.ExecContext(ctx, query, serviceID); err != nil {
				return err
			}
		}
		return nil
	})
	d.Freed()
	return wrap(err, "delete the record", serviceID)
}

// Attach implements vm.Registry. The reservation of the id decides between two services that want the same guest; one that
// nobody holds, because the guest once stood in the way of a deploy, passes to the service.
func (d *DB) Attach(ctx context.Context, serviceID, serverID int64, vmid int, name, node string) error {
	s, err := d.recordShape(ctx)
	if err != nil {
		return wrap(err, "attach a VM", serviceID)
	}
	now := d.cfg.Clock.Now()
	err = tx.Run(ctx, d.sql, func(q *sqlx.Tx) error {
		o := vm.Order{ServiceID: serviceID, ServerID: serverID, Name: name}
		if err := openWork(ctx, q, o, now); err != nil {
			return err
		}
		if err := openRecord(ctx, q, s, o); err != nil {
			return err
		}
		if err := reserveFor(ctx, q, serverID, serviceID, vmid, now); err != nil {
			return err
		}
		_, err := q.ExecContext(ctx, "UPDATE kvmbridge_vm SET adopted = 1, node = ?, wake_at = NULL WHERE service_id = ?", node, serviceID)
		if err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_status = ?, vm_id = ? WHERE service_id = ?", string(vm.Ready), vmid, serviceID)
		return err
	})
	return wrap(err, "attach a VM", serviceID)
}

// reserveFor takes a certain id, or fails with vm.ErrTaken.
func reserveFor(ctx context.Context, q *sqlx.Tx, serverID, serviceID int64, vmid int, now time.Time) error {
	_, err := q.ExecContext(ctx, "DELETE FROM kvmbridge_vmid_reservations WHERE service_id = ?", serviceID)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE service_id = COALESCE(service_id, VALUES(service_id))`, serverID, vmid, serviceID, tx.Moment(now))
	if err != nil {
		return err
	}
	var holder int64
	err = q.GetContext(ctx, &holder, "SELECT service_id FROM kvmbridge_vmid_reservations WHERE server_id = ? AND vmid = ?", serverID, vmid)
	if err == nil && holder == serviceID {
		holder, err = recordOf(ctx, q, serverID, serviceID, vmid)
	}
	if err == nil && holder != 0 {
		return fmt.Errorf("%w: service %d has it", hypervisor.ErrTaken, holder)
	}
	return err
}

// recordOf is another service on this server whose record names the id, 0 = none.
func recordOf(ctx context.Context, q sqlx.QueryerContext, serverID, serviceID int64, vmid int) (int64, error) {
	rows, err := finder.Machines(ctx, q, serverID)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		if r.ServiceID != serviceID && r.VMID == vmid && r.Status != vm.Removed {
			return r.ServiceID, nil
		}
	}
	return 0, nil
}
