package store

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// FreeAddresses gives back everything a service holds, in one transaction with what WHMCS and the record show. The
// addresses may be handed out again at once.
func (d *DB) FreeAddresses(ctx context.Context, serviceID int64) error {
	err := d.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM kvmbridge_ip_allocations WHERE service_id = ?", serviceID); err != nil {
			return err
		}
		return publish(ctx, tx, []showing{{serviceID: serviceID, reverse: map[string]string{}}})
	})
	d.pools.forget()
	return wrap(err, "free the addresses", serviceID)
}
