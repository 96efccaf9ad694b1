package traffic

import (
	"sync"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
)

// Ledger reads and writes the traffic of services; it is safe for concurrent use, also by other processes.
type Ledger struct {
	sql *sqlx.DB

	mu      sync.Mutex
	foreign []compat.Foreign // columns of the hours' table that are not ours and must be given
	looked  bool
}

// New keeps the traffic in the database behind db.
func New(db *sqlx.DB) *Ledger { return &Ledger{sql: db} }

// most accounts and rows of a transaction: short enough to be in nobody's way, on a cluster of databases neither.
const (
	mostAccounts = 1000
	mostHours    = 4000
)
