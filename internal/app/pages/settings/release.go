package settings

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

const released = desk.Sentence("The run has ended, or its lock was released, meanwhile. Nothing was changed.")

// askRelease asks before the lock of a run is taken away.
func (p *Page) askRelease(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	t, row, err := p.locked(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	html, err := p.Web.Release(web.Release{Site: r.Site, Task: t.ID, Name: t.Name, Since: row.Started, Until: row.Until, Stale: row.Stale(p.Clock.Now()), Lock: row.Token})
	return pages.Answer{Title: p.Web.Text("release_lock"), HTML: html}, err
}

// release takes the lock of the run that was asked about, and of no later one.
func (p *Page) release(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	t, row, err := p.locked(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	if r.Form.Get("lock") != strconv.FormatInt(row.Token, 10) {
		return pages.Answer{}, released
	}
	entry := fmt.Sprintf("kvmbridge: lock of the task %s released by %s; it was held since %s UTC", t.ID, admin(r), row.Started.UTC().Format(time.DateTime))
	err = p.Tasks.Release(ctx, t.ID, row.Token, entry, p.Clock.Now())
	if errors.Is(err, tasks.ErrTaken) {
		return pages.Answer{}, released
	}
	if err != nil {
		return pages.Answer{}, err
	}
	return pages.Done(r, "lock_released"), nil
}

// locked is the task that the query names, which somebody has to be at.
func (p *Page) locked(ctx context.Context, r *pages.Request) (tasks.Task, tasks.Row, error) {
	t, known := tasks.Find(r.Query.Get("task"))
	if !known {
		return t, tasks.Row{}, desk.Sentence("There is no such task. Go back to the list.")
	}
	rows, err := p.Tasks.Rows(ctx)
	if err == nil && rows[t.ID].Holder == "" {
		err = released
	}
	return t, rows[t.ID], err
}
