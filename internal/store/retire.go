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
