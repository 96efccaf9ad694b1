package alarm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// State is how the alarm stands, for all replicas together.
type State struct {
	Text  string    // why it is raised; "" = it is not
	Since time.Time // it stands like this
	First time.Time // somebody watches
	Token int64     // grows with every change
}

// Book keeps the state; internal/store/taskrows does.
type Book interface {
	Rows(ctx context.Context) (map[string]tasks.Row, error)
	// Alarm reads the state; the first call makes it, lowered.
	Alarm(ctx context.Context, now time.Time) (State, error)
	// Turn changes it if it still is the one read, and tells people the sentence in the same moment; tasks.ErrTaken when not.
	Turn(ctx context.Context, read State, text, told string, now time.Time) error
}

// Watch looks now and then. All fields are required; it is for one goroutine.
type Watch struct {
	Book     Book
	Settings func(context.Context) settings.Values
	// Neglected counts the machines that were due before that moment while nobody works on any, and gives the oldest such moment.
	Neglected func(ctx context.Context, now, before time.Time) (n int, oldest time.Time, err error)
	Clock     clock.Clock

	suspected time.Time // since when what it saw looks wrong; zero = it does not
}

// sure is how long something has to look wrong: a service that starts, or a setting that was changed, takes a while.
const sure = 6 * time.Minute

// Look raises the alarm, or lowers it. It tells once.
func (w *Watch) Look(ctx context.Context) error {
	now := w.Clock.Now()
	state, err := w.Book.Alarm(ctx, now)
	if err != nil {
		return err
	}
	text, err := w.judge(ctx, state, now)
	if err != nil {
		return err
	}
	switch {
	case text == "" && state.Text == "":
		w.suspected = time.Time{}
		return nil
	case text == "":
		w.suspected = time.Time{}
		err = w.Book.Turn(ctx, state, "", "kvmbridge: the alarm is over: periodic work goes on. It was raised because: "+state.Text, now)
	case state.Text == "" && w.certain(now):
		err = w.Book.Turn(ctx, state, text, "kvmbridge: ALARM: "+text, now)
	}
	if errors.Is(err, tasks.ErrTaken) {
		return nil // another replica told it
	}
	return err
}

func (w *Watch) certain(now time.Time) bool {
	if w.suspected.IsZero() {
		w.suspected = now
	}
	return now.Sub(w.suspected) >= sure
}

// judge is why somebody should be told, "" when all is well or nobody wants to be told.
func (w *Watch) judge(ctx context.Context, state State, now time.Time) (string, error) {
	v := w.Settings(ctx)
	if v.Alarm == 0 {
		return "", nil
	}
	rows, err := w.Book.Rows(ctx)
	if err != nil {
		return "", err
	}
	n, oldest, err := w.Neglected(ctx, now, now.Add(-v.Alarm))
	if err != nil {
		return "", err
	}
	var why []string
	if text := silence(rows, v, state.First, now); text != "" {
		why = append(why, text)
	}
	if n > 0 {
		why = append(why, waiting(n, oldest, v.Paused()))
	}
	return strings.Join(why, " "), nil
}

// silence names the tasks that should have run long ago.
func silence(rows map[string]tasks.Row, v settings.Values, first, now time.Time) string {
	var ids []string
	enabled, last := 0, time.Time{}
	for _, t := range tasks.Table() {
		row, every := rows[t.ID], v.Tasks.Intervals[t.ID]
		if every == 0 {
			continue
		}
		enabled++
		began := latest(row.Started, first)
		last = latest(last, began)
		if !row.Running(now) && now.Sub(began) > every+v.Alarm {
			ids = append(ids, t.ID)
		}
	}
	switch {
	case len(ids) == 0:
		return ""
	case len(ids) == enabled:
		return fmt.Sprintf("No task has run since %s UTC. %s", last.UTC().Format(time.DateTime), ringers[v.Mode])
	}
	return fmt.Sprintf("These tasks were due more than %d minutes ago and have not run: %s. %s", int(v.Alarm/time.Minute), strings.Join(ids, ", "), ringers[v.Mode])
}

// ringers say where to look, by mode.
var ringers = map[settings.Mode]string{ //nolint:gochecknoglobals // a table
	settings.Sidecar:    "The service's own schedule stands still: look into its log and start it anew.",
	settings.Hook:       "The cron mode is WHMCS Hook, and WHMCS's cron does not reach the service: look whether crons/cron.php runs every 5 minutes, and into WHMCS's module log.",
	settings.Standalone: "The cron mode is Standalone Cron File, and nobody runs cron.php: look at the crontab line on the addon's page Cron.",
}

func waiting(n int, oldest time.Time, paused bool) string {
	who := fmt.Sprintf("%d virtual machines wait", n)
	if n == 1 {
		who = "1 virtual machine waits"
	}
	why := "nobody works on any: look whether the service runs without --serve-only, and into its log."
	if paused {
		why = "all work is paused, because the interval of Process Virtual Machines is 0."
	}
	return fmt.Sprintf("%s since %s UTC, and %s", who, oldest.UTC().Format(time.DateTime), why)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
