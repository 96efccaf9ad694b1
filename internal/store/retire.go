package store

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/schema"
)

// LiveMachines counts the records that are not at remove.
func (d *DB) LiveMachines(ctx context.Context) (int, error) {
	var n int
	err := d.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE vm_status <> ?", string(vm.Removed))
	if err != nil {
		return 0, fmt.Errorf("count the machines: %w", err)
	}
	return n, nil
}

// WorryCount counts the machines with the attention flag.
func (d *DB) WorryCount(ctx context.Context) (int, error) {
	var n int
	if err := d.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_vm WHERE attention_at IS NOT NULL"); err != nil {
		return 0, fmt.Errorf("count machines that need a person: %w", err)
	}
	return n, nil
}

// DropTables removes every table of the module, ours and those named as in the reference product.
func (d *DB) DropTables(ctx context.Context) error {
	for _, table := range schema.AllTables() {
		if _, err := d.sql.ExecContext(ctx, "DROP TABLE IF EXISTS `"+table+"`"); err != nil {
			return fmt.Errorf("drop %s: %w", table, err)
		}
	}
	d.setShape(nil)
	return nil
}

// Zones counts the configured DNS zones.
func (d *DB) Zones(ctx context.Context) (int, error) {
	var n int
	if err := d.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM puq_proxmox_kvm_dns_zones"); err != nil {
		return 0, fmt.Errorf("count the DNS zones: %w", err)
	}
	return n, nil
}
