package console

import (
	"context"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// list prints one line per task: id, name, interval, last run, state and how that run went.
func (c *Console) list(ctx context.Context) error {
	rows, err := c.Runner.Book.Rows(ctx)
	if err != nil {
		return err
	}
	rules := c.Runner.Rules(ctx)
	c.Say("Cron mode: " + c.Mode(ctx))
	for _, t := range tasks.Table() {
		row, every := rows[t.ID], rules.Intervals[t.ID]
		c.line(fmt.Sprintf("  %-22s — %-24s %-16s last: %-19s  %s%s",
			t.ID, t.Name, fmt.Sprintf("(interval: %dm)", int(every/time.Minute)), c.moment(row.Started, time.DateTime), c.state(row, every), wentLast(row)))
	}
	return nil
}

func (c *Console) state(row tasks.Row, every time.Duration) string {
	now := c.Clock.Now()
	switch {
	case row.Running(now):
		return "RUNNING"
	case row.Stale(now):
		return "STALE LOCK"
	case every == 0:
		return "DISABLED"
	case row.Due(every, 0, now):
		return "DUE"
	}
	return "ACTIVE"
}

func wentLast(row tasks.Row) string {
	switch {
	case row.Finished.IsZero():
		return ""
	case row.Fault != "":
		return " — failed: " + row.Fault
	}
	return fmt.Sprintf(" — processed: %d, errors: %d", row.Result.Processed, row.Result.Errors)
}
