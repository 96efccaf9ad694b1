package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// lastVMID is the highest id that Proxmox VE accepts.
const lastVMID = 999_999_999

// Reserve implements vm.Numbers. The primary key (server, id) decides between processes; the loser takes the next id.
func (d *DB) Reserve(ctx context.Context, serverID, serviceID int64, first int, used map[int]bool) (int, error) {
	if id, err := d.reserved(ctx, serverID, serviceID); err != nil || id != 0 {
		return id, wrap(err, "reserve a VM id", serviceID)
	}
	taken, err := d.takenNumbers(ctx, serverID, serviceID, first)
	if err != nil {
		return 0, wrap(err, "reserve a VM id", serviceID)
	}
	for id := max(first, 100); id <= lastVMID; id++ { // Proxmox keeps ids below 100 to itself
		if used[id] || taken[id] {
			continue
		}
		err := d.take(ctx, serverID, serviceID, id)
		if err == nil {
			return id, nil
		}
		if n := tx.Number(err); n != tx.Duplicate && n != tx.Deadlock && n != tx.LockWait {
			return 0, wrap(err, "reserve a VM id", serviceID)
		}
		// Somebody took the id, or this service got one in another process: look, then go on behind it.
		if held, err := d.reserved(ctx, serverID, serviceID); err != nil || held != 0 {
			return held, wrap(err, "reserve a VM id", serviceID)
		}
	}
	return 0, pipeline.WithFault(fmt.Errorf("there is no free VM id from %d on for server %d; lower the product's first VM id", first, serverID), pipeline.NeedsPerson)
}

// take reserves an id, but not for a life that has ended or is ending: a pass that was overtaken must not reserve for it.
func (d *DB) take(ctx context.Context, serverID, serviceID int64, vmid int) error {
	return d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		if w.over() {
			return w.refused()
		}
		_, err := q.ExecContext(ctx, "INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at) VALUES (?, ?, ?, ?)",
			serverID, vmid, serviceID, tx.Moment(now))
		return err
	})
}

func (d *DB) reserved(ctx context.Context, serverID, serviceID int64) (int, error) {
	var id int
	err := d.sql.GetContext(ctx, &id, "SELECT vmid FROM kvmbridge_vmid_reservations WHERE server_id = ? AND service_id = ?", serverID, serviceID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// takenNumbers lists ids that are reserved, or named by the record of another service that may live on this server.
func (d *DB) takenNumbers(ctx context.Context, serverID, serviceID int64, first int) (map[int]bool, error) {
	var ids []int
	err := d.sql.SelectContext(ctx, &ids, "SELECT vmid FROM kvmbridge_vmid_reservations WHERE server_id = ? AND vmid >= ? ORDER BY vmid", serverID, first)
	if err != nil {
		return nil, err
	}
	var recorded []sql.NullString // the column's type is not ours to know
	err = d.sql.SelectContext(ctx, &recorded, `SELECT i.vm_id FROM puqProxmoxKVM_vm_info i
		LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id LEFT JOIN tblhosting h ON h.id = i.service_id
		WHERE i.vm_id IS NOT NULL AND i.service_id <> ? AND COALESCE(v.server_id, h.server, ?) = ?`, serviceID, serverID, serverID)
	if err != nil {
		return nil, err
	}
	taken := make(map[int]bool, len(ids)+len(recorded))
	for _, id := range ids {
		taken[id] = true
	}
	for _, r := range recorded {
		taken[plain.Number(r.String)] = true
	}
	return taken, nil
}

// Forfeit implements vm.Numbers.
func (d *DB) Forfeit(ctx context.Context, serverID, serviceID int64, vmid int) error {
	_, err := d.sql.ExecContext(ctx, `UPDATE kvmbridge_vmid_reservations SET service_id = NULL
		WHERE server_id = ? AND vmid = ? AND service_id = ?`, serverID, vmid, serviceID)
	return wrap(err, "forfeit a VM id", serviceID)
}
