package legacy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

// Importer takes over what is there of older modules; it is safe for concurrent use, also by other processes.
type Importer struct {
	sql   *sqlx.DB
	box   *seal.Box
	clock clock.Clock
}

// New works on the database behind db, whose tables are up to date; box seals the secrets of zones.
func New(db *sqlx.DB, box *seal.Box, c clock.Clock) *Importer { return &Importer{db, box, c} }

// serverModule is tblservers.type of our servers, and the reference product's.
const serverModule = "puqProxmoxKVM"

// marker is the setting whose row everybody locks who takes over; its value is when that was first done.
const marker = "taken_over_at"

// errPreview rolls a preview back.
var errPreview = errors.New("this was a preview")

// Activation takes over what there is on behalf of the addon's activation: pools and zones the first time only, so that
// those that were deleted since do not come back.
func (i *Importer) Activation(ctx context.Context) (Report, error) {
	r, err := i.run(ctx, func(t *takeover) { t.again = t.marked })
	if err == nil {
		return r, nil
	}
	told := tx.Run(ctx, i.sql, func(q *sqlx.Tx) error {
		return outbox.PutActivity(ctx, q, 0, fmt.Sprintf(`kvmbridge: what the older tables hold was not taken over; mend the cause and run "kvmbridge import": %v`, err), i.clock.Now())
	})
	return r, errors.Join(err, told)
}

// Run takes over what there is.
func (i *Importer) Run(ctx context.Context) (Report, error) {
	return i.run(ctx, func(*takeover) {})
}

// Preview says what Run would do.
func (i *Importer) Preview(ctx context.Context) (Report, error) {
	r, err := i.run(ctx, func(t *takeover) { t.preview = true })
	if errors.Is(err, errPreview) {
		err = nil
	}
	return r, err
}

// maxTries is how often it begins anew when somebody else took an address or an id that it was about to write.
const maxTries = 3

func (i *Importer) run(ctx context.Context, adapt func(*takeover)) (report Report, err error) {
	for range maxTries {
		err = tx.Run(ctx, i.sql, func(q *sqlx.Tx) error {
			t := &takeover{q: q, box: i.box, now: i.clock.Now()}
			if err := t.begin(ctx); err != nil {
				return err
			}
			adapt(t)
			report, err = t.do(ctx)
			return err
		})
		if tx.Number(err) != tx.Duplicate {
			break
		}
	}
	if err != nil && !errors.Is(err, errPreview) {
		return Report{}, fmt.Errorf("take over what the older tables hold: %w", err)
	}
	return report, err
}

// takeover is one transaction.
type takeover struct {
	q       *sqlx.Tx
	box     *seal.Box
	now     time.Time
	marked  bool // it was done before
	again   bool // ... and pools and zones are therefore left out
	preview bool

	servers map[int64]string // id -> module
	lists   map[int64]string // id -> legacy list of addresses
}

// poolsTurn is the setting whose row everybody locks who changes pools (internal/store/pools).
const poolsTurn = "ip_pools_changed_by"

// begin waits for whoever else takes over at this moment, or changes pools or zones.
func (t *takeover) begin(ctx context.Context) error {
	for _, name := range []string{marker, poolsTurn} {
		if err := tx.Alone(ctx, t.q, name, t.now); err != nil {
			return err
		}
	}
	if err := zonebook.In(t.q, t.box).Alone(ctx, t.now); err != nil {
		return err
	}
	var at string
	if err := t.q.GetContext(ctx, &at, "SELECT value FROM kvmbridge_settings WHERE name = ? FOR UPDATE", marker); err != nil {
		return err
	}
	t.marked = at != ""
	return t.loadServers(ctx)
}

func (t *takeover) do(ctx context.Context) (r Report, err error) {
	r.Preview = t.preview
	if r.Pools, err = t.pools(ctx); err != nil {
		return r, err
	}
	if r.Zones, err = t.zones(ctx); err != nil {
		return r, err
	}
	if r.Machines, err = t.machines(ctx); err != nil {
		return r, err
	}
	if t.preview {
		return r, errPreview
	}
	return r, t.end(ctx, r)
}

// end leaves an entry for WHMCS's activity log, unless there is nothing new to tell.
func (t *takeover) end(ctx context.Context, r Report) error {
	_, err := t.q.ExecContext(ctx, "UPDATE kvmbridge_settings SET value = ?, changed_at = ? WHERE name = ? AND value = ''",
		t.now.UTC().Format(time.RFC3339), tx.Moment(t.now), marker)
	if err != nil || !r.taken() && (t.marked || !r.Found()) {
		return err
	}
	return outbox.PutActivity(ctx, t.q, 0, "kvmbridge: "+r.Summary(), t.now)
}
