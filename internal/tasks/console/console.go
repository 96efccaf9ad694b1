package console

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// Order is what the command line says.
type Order struct {
	Task     string // one task, whether it is due or not; "" = all
	Force    bool   // all tasks whether they are due or not; disabled ones stay out
	List     bool   // only print how they stand
	Unlocked bool   // beside whoever is at it
	Clear    bool   // only release every lock
}

// Console carries out one order. All fields are required.
type Console struct {
	Runner *tasks.Runner
	Clock  clock.Clock
	// Idle says why nobody is to ring here, "" = ring on. It holds for an order that names no task and forces nothing.
	Idle func(context.Context) string
	// Mode names who rings.
	Mode func(context.Context) string
	// Say takes one line.
	Say func(line string)
}

// Check is a sentence about an order that cannot be carried out, "" for a good one.
func Check(o Order) string {
	if _, known := tasks.Find(o.Task); o.Task == "" || known {
		return ""
	}
	var ids []string
	for _, t := range tasks.Table() {
		ids = append(ids, t.ID)
	}
	return fmt.Sprintf("There is no task %q. The tasks are %s.", o.Task, strings.Join(ids, ", "))
}

// Do carries out an order and tells whether all went well; what went wrong has been said.
func (c *Console) Do(ctx context.Context, o Order) (well bool) {
	switch {
	case o.List:
		return c.said(c.list(ctx))
	case o.Clear:
		return c.said(c.clear(ctx))
	}
	if why := c.Idle(ctx); why != "" && o.Task == "" && !o.Force {
		c.stamped(" " + why)
		return true
	}
	began := c.Clock.Now()
	c.stamped(" PUQ Proxmox KVM Cron Start")
	well = c.tasks(ctx, o)
	c.stamped(fmt.Sprintf(" PUQ Proxmox KVM Cron End (%s total)", c.since(began)))
	return well
}

func (c *Console) tasks(ctx context.Context, o Order) (well bool) {
	well = true
	for _, t := range tasks.Table() {
		if o.Task != "" && o.Task != t.ID {
			continue
		}
		if ctx.Err() != nil {
			c.stamped(" The service is being stopped. What is left is done when it is back.")
			return false
		}
		well = c.task(ctx, t, o) && well
	}
	return well
}

// task runs one and prints how it went.
func (c *Console) task(ctx context.Context, t tasks.Task, o Order) (well bool) {
	every := c.Runner.Rules(ctx).Intervals[t.ID]
	if o.Force && o.Task == "" && every == 0 {
		c.stamped(fmt.Sprintf(" [%s] Skipped (disabled; it runs when it is named)", t.ID))
		return true
	}
	began := c.Clock.Now()
	out, err := c.Runner.Run(ctx, t.ID, tasks.Manner{
		Slack: slack, Force: o.Force || o.Task != "", Unlocked: o.Unlocked,
		Begun: func(before tasks.Row) {
			c.stamped(fmt.Sprintf(" [%s] Running (interval: %dm, last: %s)", t.ID, int(every/time.Minute), c.hour(before.Started)))
		},
	})
	if err != nil {
		c.stamped(fmt.Sprintf(" [%s] Failed: %v", t.ID, err))
		return false
	}
	if out.Held {
		c.stamped(fmt.Sprintf(" [%s] Skipped (running since %s; its lock ends at %s)", t.ID, c.hour(out.Row.Started), c.hour(out.Row.Until)))
	}
	return !out.Ran || c.result(t, out, began)
}

// slack is how much too early a crontab line may come.
const slack = 30 * time.Second

func (c *Console) result(t tasks.Task, out tasks.Outcome, began time.Time) (well bool) {
	r := out.Result
	c.stamped(fmt.Sprintf(" [%s] Done (%s) — processed: %d, errors: %d", t.ID, c.since(began), r.Processed, r.Errors))
	for _, d := range r.Details {
		c.stamped("   " + d)
	}
	if out.Fault != "" {
		c.stamped(fmt.Sprintf("   [%s] failed: %s", t.ID, out.Fault))
	}
	return out.Fault == "" && r.Errors == 0
}

func (c *Console) said(err error) bool {
	if err != nil {
		c.line("Failed: " + err.Error())
	}
	return err == nil
}

func (c *Console) stamped(text string) { c.line(c.Clock.Now().Format(time.DateTime) + text) }

// line says what may hold somebody else's words.
func (c *Console) line(text string) { c.Say(strings.ReplaceAll(text, "\n", " ")) }

// hour is a moment of the database in the clock's own zone.
func (c *Console) hour(at time.Time) string { return c.moment(at, time.TimeOnly) }

func (c *Console) moment(at time.Time, form string) string {
	if at.IsZero() {
		return "never"
	}
	return at.In(c.Clock.Now().Location()).Format(form)
}

// since has one decimal and no trailing zero: 57.5s, 0s.
func (c *Console) since(began time.Time) string {
	s := c.Clock.Now().Sub(began).Seconds()
	return strconv.FormatFloat(math.Round(s*10)/10, 'f', -1, 64) + "s"
}

// clear releases every lock, as a person does who knows that nobody is at it any more.
func (c *Console) clear(ctx context.Context) error {
	rows, err := c.Runner.Book.Rows(ctx)
	if err != nil {
		return err
	}
	released := 0
	for _, t := range tasks.Table() {
		row, held := rows[t.ID]
		if !held || row.Holder == "" {
			continue
		}
		entry := fmt.Sprintf("kvmbridge: lock of the task %s released by --clear-locks; it was held since %s UTC", t.ID, row.Started.Format(time.DateTime))
		switch err := c.Runner.Book.Release(ctx, t.ID, row.Token, entry, c.Clock.Now()); {
		case errors.Is(err, tasks.ErrTaken): // it ended by itself
		case err != nil:
			return err
		default:
			released++
		}
	}
	c.Say(fmt.Sprintf("Locks released: %d.", released))
	return nil
}
