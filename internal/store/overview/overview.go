// Package overview reads the figures of the addon's first page. It changes nothing.
package overview

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Figures is safe for concurrent use.
type Figures struct{ sql *sqlx.DB }

// New asks the database behind db.
func New(db *sqlx.DB) *Figures { return &Figures{db} }

// Totals are the numbers on the cards.
type Totals struct {
	Pools    int `db:"pools"`
	Zones    int `db:"zones"`
	Services int `db:"services"` // Active in WHMCS, with a record of a machine
}

// Totals counts pools, zones and active services.
func (f *Figures) Totals(ctx context.Context) (t Totals, err error) {
	err = f.sql.GetContext(ctx, &t, `SELECT (SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools) AS pools, (SELECT COUNT(*) FROM puq_proxmox_kvm_dns_zones) AS zones,
		(SELECT COUNT(*) FROM puqProxmoxKVM_vm_info i JOIN tblhosting h ON h.id = i.service_id WHERE h.domainstatus = 'Active') AS services`)
	if err != nil {
		return t, fmt.Errorf("count pools, zones and services: %w", err)
	}
	return t, nil
}

// Moving is a machine that is on its way to another status.
type Moving struct {
	ServiceID int64          `db:"service_id"`
	Name      string         `db:"vm_name"`
	Status    pipeline.State `db:"vm_status"`
	LastError string         `db:"last_error"` // "" unless the present step has failed
}

// Moving lists up to limit machines that a pipeline has, the newest orders first, and says how many there are.
func (f *Figures) Moving(ctx context.Context, limit int) (list []Moving, all int, err error) {
	const moving = `FROM puqProxmoxKVM_vm_info i JOIN kvmbridge_vm v ON v.service_id = i.service_id WHERE i.vm_status NOT IN ('', ?, ?, ?)`
	resting := []any{string(vm.Ready), string(vm.Removed), string(vm.ErrorTerminate)}
	err = f.sql.GetContext(ctx, &all, "SELECT COUNT(*) "+moving, resting...)
	if err == nil && all > 0 {
		err = f.sql.SelectContext(ctx, &list, `SELECT i.service_id, COALESCE(i.vm_name, '') AS vm_name, i.vm_status, COALESCE(v.last_error, '') AS last_error `+
			moving+" ORDER BY v.created_at DESC, i.service_id DESC LIMIT ?", append(resting, limit)...)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("list the machines in progress: %w", err)
	}
	return list, all, nil
}

// Hour is how many runs began in one hour.
type Hour struct {
	Begins time.Time      // UTC
	Runs   map[string]int // by result: running, success, waiting, error
}

// Hours counts the runs of the last n hours, the present one included, oldest first; a run that was repeated counts once.
func (f *Figures) Hours(ctx context.Context, now time.Time, n int) ([]Hour, error) {
	first := now.UTC().Truncate(time.Hour).Add(-time.Duration(n-1) * time.Hour)
	var rows []struct {
		Hour   int    `db:"hour"`
		Result string `db:"result"`
		Runs   int    `db:"runs"`
	}
	err := f.sql.SelectContext(ctx, &rows, `SELECT TIMESTAMPDIFF(HOUR, ?, started_at) AS hour, result, COUNT(*) AS runs FROM kvmbridge_runs
		WHERE started_at >= ? GROUP BY hour, result`, tx.Moment(first), tx.Moment(first))
	if err != nil {
		return nil, fmt.Errorf("count the runs by hour: %w", err)
	}
	hours := make([]Hour, n)
	for i := range hours {
		hours[i] = Hour{first.Add(time.Duration(i) * time.Hour), map[string]int{}}
	}
	for _, r := range rows {
		if r.Hour >= 0 && r.Hour < n { // a clock that is ahead makes runs of the future
			hours[r.Hour].Runs[r.Result] += r.Runs
		}
	}
	return hours, nil
}

// Database is what the server calls itself.
func (f *Figures) Database(ctx context.Context) (name string, err error) {
	if err = f.sql.GetContext(ctx, &name, "SELECT VERSION()"); err != nil {
		return "", fmt.Errorf("ask the database for its version: %w", err)
	}
	return name, nil
}
