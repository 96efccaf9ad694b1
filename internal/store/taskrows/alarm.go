package taskrows

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/tasks/alarm"
)

// Alarms implements alarm.Book: a row beside those of the tasks, whose last_started_at is when it was raised or lowered, and
// whose last_finished_at is when somebody began to watch. Webhook: the operator's own address hears of it, too.
type Alarms struct {
	*Book
	Webhook bool
}

var _ alarm.Book = Alarms{}

const alarmRow = "alarm"

// Alarm implements alarm.Book.
func (a Alarms) Alarm(ctx context.Context, now time.Time) (s alarm.State, err error) {
	var r row
	const read = "SELECT last_started_at, last_finished_at, last_result, lease_token FROM kvmbridge_tasks WHERE name = ?"
	err = a.sql.GetContext(ctx, &r, read, alarmRow)
	if err == sql.ErrNoRows { //nolint:errorlint // the driver's own, not wrapped
		_, err = a.sql.ExecContext(ctx, `INSERT INTO kvmbridge_tasks (name, last_started_at, last_finished_at, last_result) VALUES (?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE lease_token = lease_token`, alarmRow, tx.Moment(now), tx.Moment(now), success)
		if err == nil {
			err = a.sql.GetContext(ctx, &r, read, alarmRow)
		}
	}
	if err != nil {
		return s, fmt.Errorf("read the alarm: %w", err)
	}
	return alarm.State{Text: r.row().Fault, Since: r.Started.Time, First: r.Finished.Time, Token: r.Token}, nil
}

// Turn implements alarm.Book.
func (a Alarms) Turn(ctx context.Context, read alarm.State, text, told string, now time.Time) error {
	result := success
	if text != "" {
		result = plain.Clean(text)
	}
	err := tx.Run(ctx, a.sql, func(q *sqlx.Tx) error {
		err := taken(q.ExecContext(ctx, "UPDATE kvmbridge_tasks SET last_started_at = ?, last_result = ?, lease_token = lease_token + 1 WHERE name = ? AND lease_token = ?",
			tx.Moment(now), result, alarmRow, read.Token))
		if err == nil {
			err = outbox.PutActivity(ctx, q, 0, told, now)
		}
		if err == nil && a.Webhook {
			err = outbox.PutWebhook(ctx, q, 0, told, now)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("turn the alarm: %w", err)
	}
	return nil
}
