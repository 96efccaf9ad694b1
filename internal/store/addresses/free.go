package addresses

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// FreeAddresses gives back everything a service holds, in one transaction with what WHMCS and the record show. The
// addresses may be handed out again at once.
func (b *Book) FreeAddresses(ctx context.Context, serviceID int64) error {
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		if _, err := q.ExecContext(ctx, "DELETE FROM kvmbridge_ip_allocations WHERE service_id = ?", serviceID); err != nil {
			return err
		}
		return publish(ctx, q, []showing{{serviceID: serviceID, reverse: map[string]string{}}})
	})
	b.pools.forget()
	return wrap(err, "free the addresses", serviceID)
}
