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

const (
	// mostAccounts and mostHours bound a transaction: short enough to be in nobody's way, on a cluster of databases neither.
	mostAccounts = 1000
	mostHours    = 4000
	// savesAtOnce lets the server write some while others are on their way.
	savesAtOnce = 3
)
