package addresses

import (
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Book implements vm.Addresses. It is safe for concurrent use.
type Book struct {
	sql      *sqlx.DB
	clock    clock.Clock
	pools    allocator
	requests requests
}

var _ vm.Addresses = (*Book)(nil)

// New writes into the database behind db; c stamps allocations and tells how old lists are.
func New(db *sqlx.DB, c clock.Clock) *Book {
	return &Book{sql: db, clock: c, pools: allocator{servers: map[int64]*serverPools{}}}
}

func wrap(err error, operation string, serviceID int64) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of service %d: %w", operation, serviceID, err)
}
