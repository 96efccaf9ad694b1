package traffic

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Domains are the running services at a server, id to domain as WHMCS has it; those that have none are missing. domain
// limits them to those of that one, "" does not.
func (l *Ledger) Domains(ctx context.Context, serverID int64, domain string) (map[int64]string, error) {
	query, args := "SELECT id, domain FROM tblhosting WHERE server = ? AND domainstatus IN ('Active', 'Suspended') AND domain <> ''", []any{serverID}
	if domain != "" {
		query, args = query+" AND domain = ?", append(args, domain)
	}
	var rows []struct {
		ID     int64
		Domain string
	}
	if err := sqlx.SelectContext(ctx, l.sql, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("list the domains of services: %w", err)
	}
	all := make(map[int64]string, len(rows))
	for _, r := range rows {
		all[r.ID] = r.Domain
	}
	return all, nil
}

// Shown is what WHMCS's page of a service says of its traffic, in bytes.
type Shown struct {
	Used, Limit uint64 // Limit 0 = as much as it likes
}

// Show writes traffic by service into WHMCS's columns, which have whole megabytes of 1024^2. at has the zone of WHMCS.
func (l *Ledger) Show(ctx context.Context, of map[int64]Shown, at time.Time) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(of)), mostAccounts) {
		if err := l.show(ctx, ids, of, at.Format(time.DateTime)); err != nil {
			return fmt.Errorf("write the traffic of services into WHMCS's table: %w", err)
		}
	}
	return nil
}

func (l *Ledger) show(ctx context.Context, ids []int64, of map[int64]Shown, at string) error {
	var used, limits, all []any
	for _, id := range ids {
		used, limits, all = append(used, id, megabytes(of[id].Used)), append(limits, id, megabytes(of[id].Limit)), append(all, id)
	}
	value := "CASE id" + strings.Repeat(" WHEN ? THEN ?", len(ids)) + " END"
	query := "UPDATE tblhosting SET bwusage = " + value + ", bwlimit = " + value + ", lastupdate = ? WHERE id IN (?" + strings.Repeat(", ?", len(ids)-1) + ")"
	return tx.Run(ctx, l.sql, func(q *sqlx.Tx) error {
		_, err := q.ExecContext(ctx, query, slices.Concat(used, limits, []any{at}, all)...)
		return err
	})
}

// megabytes are as many as the columns hold.
func megabytes(bytes uint64) uint64 { return min(bytes>>20, math.MaxInt32) }
