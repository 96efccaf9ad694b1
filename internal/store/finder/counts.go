package finder

import (
	"context"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Counts says how many machines stand at each status.
func (f *Finder) Counts(ctx context.Context) (map[pipeline.State]int, error) {
	var rows []struct {
		Status string `db:"vm_status"`
		N      int    `db:"n"`
	}
	err := f.sql.SelectContext(ctx, &rows, "SELECT vm_status, COUNT(*) AS n FROM puqProxmoxKVM_vm_info GROUP BY vm_status")
	if err != nil {
		return nil, fmt.Errorf("count machines: %w", err)
	}
	counts := map[pipeline.State]int{}
	for _, r := range rows {
		counts[pipeline.State(r.Status)] += r.N
	}
	return counts, nil
}

// Worry is a machine that a person should look at.
type Worry struct {
	ServiceID int64     `db:"service_id"`
	ServerID  int64     `db:"server_id"`
	Name      string    `db:"vm_name"`
	Status    string    `db:"vm_status"`
	Attention string    `db:"attention"`
	LastError string    `db:"last_error"`
	Failures  int       `db:"failures"`
	Since     time.Time `db:"attention_at"`
}

// Worries lists up to limit machines with the attention flag, longest waiting first.
func (f *Finder) Worries(ctx context.Context, limit int) ([]Worry, error) {
	var list []Worry
	err := f.sql.SelectContext(ctx, &list, `SELECT v.service_id, v.server_id, COALESCE(i.vm_name, '') AS vm_name, i.vm_status,
		v.attention, COALESCE(v.last_error, '') AS last_error, v.failures, v.attention_at
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id
		WHERE v.attention_at IS NOT NULL ORDER BY v.attention_at LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("list machines that need a person: %w", err)
	}
	return list, nil
}

// LiveMachines counts the records that are not at remove.
func (f *Finder) LiveMachines(ctx context.Context) (int, error) {
	var n int
	err := f.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE vm_status <> ?", string(vm.Removed))
	if err != nil {
		return 0, fmt.Errorf("count the machines: %w", err)
	}
	return n, nil
}

// WorryCount counts the machines with the attention flag.
func (f *Finder) WorryCount(ctx context.Context) (int, error) {
	var n int
	if err := f.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_vm WHERE attention_at IS NOT NULL"); err != nil {
		return 0, fmt.Errorf("count machines that need a person: %w", err)
	}
	return n, nil
}

// Zones counts the configured DNS zones.
func (f *Finder) Zones(ctx context.Context) (int, error) {
	var n int
	if err := f.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM puq_proxmox_kvm_dns_zones"); err != nil {
		return 0, fmt.Errorf("count the DNS zones: %w", err)
	}
	return n, nil
}
