package traffic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
	"github.com/kvmbridge/kvmbridge/internal/store/jobs"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Save writes updates down, some hundreds in one transaction, a few transactions at once. Updates whose account has moved on
// since are dropped: somebody else counted the same bytes. saved holds the others, also beside an error.
func (l *Ledger) Save(ctx context.Context, updates []traffic.Update, now time.Time) (saved []*traffic.Update, err error) {
	foreign, err := l.required(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(savesAtOnce)
	for _, some := range portions(updates) {
		g.Go(func() error {
			done, err := l.apart(ctx, some, foreign, now)
			mu.Lock()
			defer mu.Unlock()
			saved = append(saved, done...)
			return err
		})
	}
	return saved, g.Wait()
}

// apart saves what can be saved when the database refuses something of one service: the others must not wait for it.
func (l *Ledger) apart(ctx context.Context, updates []*traffic.Update, foreign []compat.Foreign, now time.Time) (saved []*traffic.Update, err error) {
	saved, err = l.save(ctx, updates, foreign, now)
	if err == nil || !slices.Contains(badData, tx.Number(err)) {
		return saved, err
	}
	if len(updates) == 1 {
		return nil, fmt.Errorf("service %d: %w", updates[0].ServiceID, err)
	}
	half := len(updates) / 2
	first, errFirst := l.apart(ctx, updates[:half], foreign, now)
	second, errSecond := l.apart(ctx, updates[half:], foreign, now)
	return append(first, second...), errors.Join(errFirst, errSecond)
}

// badData are the server's numbers for values that a column does not take: out of range, not of its type, too long.
var badData = []uint16{1264, 1292, 1366, 1406} //nolint:gochecknoglobals // a table

// save tries the cheap way first, if it may; it tells only that somebody was faster, not whose account it was.
func (l *Ledger) save(ctx context.Context, updates []*traffic.Update, foreign []compat.Foreign, now time.Time) (saved []*traffic.Update, err error) {
	err = errMoved
	if steady(updates[0]) {
		saved, err = updates, tx.Run(ctx, l.sql, func(q *sqlx.Tx) error { return forward(ctx, q, updates, foreign, now) })
	}
	if errors.Is(err, errMoved) {
		err = tx.Run(ctx, l.sql, func(q *sqlx.Tx) (err error) {
			saved, err = save(ctx, q, updates, foreign, now)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("write the traffic of services down: %w", err)
	}
	return saved, nil
}

// portions are the transactions that updates go into, the steady ones apart.
func portions(updates []traffic.Update) (all [][]*traffic.Update) {
	var others []*traffic.Update
	alike := make([]*traffic.Update, 0, len(updates))
	for i := range updates {
		if steady(&updates[i]) {
			alike = append(alike, &updates[i])
		} else {
			others = append(others, &updates[i])
		}
	}
	for _, list := range [][]*traffic.Update{alike, others} {
		for len(list) > 0 {
			n := fitting(list)
			all, list = append(all, list[:n]), list[n:]
		}
	}
	return all
}

// fitting is how many updates go into one transaction, at least one.
func fitting(updates []*traffic.Update) int {
	hours := 0
	for i, u := range updates {
		if hours += len(u.Closed); i > 0 && (i == mostAccounts || hours > mostHours) {
			return i
		}
	}
	return len(updates)
}

// required looks once at what the hours' table wants beside our columns.
func (l *Ledger) required(ctx context.Context) ([]compat.Foreign, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.looked {
		return l.foreign, nil
	}
	var err error
	l.foreign, err = compat.Required(ctx, l.sql, "puqProxmoxKVM_statistics", "id", "service_id", "date", "net_in", "net_out", "estimated")
	l.looked = err == nil
	return l.foreign, err
}

func save(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update, foreign []compat.Foreign, now time.Time) ([]*traffic.Update, error) {
	if err := begin(ctx, q, updates); err != nil {
		return nil, err
	}
	current, err := unmoved(ctx, q, updates)
	if err != nil || len(current) == 0 {
		return nil, err
	}
	if err := write(ctx, q, current, foreign); err != nil {
		return nil, err
	}
	return current, follow(ctx, q, current, now)
}

// forward is save for steady updates; errMoved = some account is not as it was, and which one has to be found out.
func forward(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update, foreign []compat.Foreign, now time.Time) error {
	if err := step(ctx, q, updates); err != nil {
		return err
	}
	if err := writeHours(ctx, q, updates, foreign); err != nil {
		return err
	}
	return follow(ctx, q, updates, now)
}

// follow puts down what comes of the updates: what WHMCS has to tell, and rates that network cards have to take.
func follow(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update, now time.Time) error {
	var rates []int64
	for _, u := range updates {
		if u.Rate {
			rates = append(rates, u.ServiceID)
		}
		for _, e := range u.Entries {
			if err := outbox.PutActivity(ctx, q, u.ServiceID, e, now); err != nil {
				return err
			}
		}
		for _, m := range u.Mails {
			if err := outbox.PutKnownMail(ctx, q, u.ServiceID, vm.Mail(m), now); err != nil {
				return err
			}
		}
	}
	return jobs.PutAll(ctx, q, rates, vm.JobRate, now)
}

// write puts both halves of updates down: what is counted on, and what is over.
func write(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update, foreign []compat.Foreign) error {
	if err := writeStates(ctx, q, updates); err != nil {
		return err
	}
	return writeHours(ctx, q, updates, foreign)
}

// begin makes rows of services that have none, so that there is something to lock.
func begin(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update) error {
	var ids []any
	for _, u := range updates {
		if u.Version == 0 {
			ids = append(ids, u.ServiceID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, "INSERT IGNORE INTO kvmbridge_traffic (service_id) VALUES (?)"+strings.Repeat(", (?)", len(ids)-1), ids...)
	return err
}

// unmoved locks the rows and keeps the updates whose account is as it was when they were made. Versions only grow, so that
// their sum tells whether any did, and nobody has to be asked for each.
func unmoved(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update) ([]*traffic.Update, error) {
	ids := make([]string, len(updates))
	var sum int64
	for i, u := range updates {
		ids[i] = strconv.FormatInt(u.ServiceID, 10)
		sum += u.Version
	}
	list := "FROM kvmbridge_traffic WHERE service_id IN (" + strings.Join(ids, ", ") + ") FOR UPDATE"
	var n int
	var versions int64
	if err := q.QueryRowxContext(ctx, "SELECT COUNT(*), COALESCE(SUM(version), 0) "+list).Scan(&n, &versions); err != nil {
		return nil, err
	}
	if n == len(updates) && versions == sum {
		return updates, nil
	}
	return matching(ctx, q, updates, list)
}

// matching looks at each.
func matching(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update, list string) ([]*traffic.Update, error) {
	var rows []struct {
		ServiceID int64 `db:"service_id"`
		Version   int64 `db:"version"`
	}
	if err := q.SelectContext(ctx, &rows, "SELECT service_id, version "+list); err != nil {
		return nil, err
	}
	versions := make(map[int64]int64, len(rows))
	for _, r := range rows {
		versions[r.ServiceID] = r.Version
	}
	current := make([]*traffic.Update, 0, len(updates))
	for _, u := range updates {
		if v, ok := versions[u.ServiceID]; ok && v == u.Version {
			current = append(current, u)
		}
	}
	return current, nil
}
