package store

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/schema"
)

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
