// Package vmlog is the log of one VM: how it stands, its last run and the runs before it. It looks anew while something goes on.
package vmlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
	"github.com/kvmbridge/kvmbridge/internal/vm/states"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Machines is what is known of a VM.
type Machines interface {
	Show(ctx context.Context, serviceID int64) (store.Standing, error)
	Runs(ctx context.Context, serviceID int64, limit int) ([]store.RunLog, error)
}

type page struct {
	machines Machines
	clock    clock.Clock
	web      *web.Pages
	titles   map[string]string // of actions
}

// New is the part log.
func New(m Machines, c clock.Clock, w *web.Pages) pages.Page {
	p := &page{m, c, w, map[string]string{}}
	for _, table := range new(vm.Steps).Tables() {
		p.titles[table.Name] = table.Title
	}
	return pages.Page{Show: map[string]pages.Handler{"log": p.show}}
}

// most is how many runs are kept (product-spec §10.7).
const most = 50

func (p *page) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	s, err := p.machines.Show(ctx, id)
	if errors.Is(err, vm.ErrNoMachine) {
		return pages.Answer{}, desk.Sentence(fmt.Sprintf("Service %d has no VM. Order one with the button Create on its page.", id))
	}
	if err != nil {
		return pages.Answer{}, err
	}
	list, err := p.machines.Runs(ctx, id, most)
	if err != nil {
		return pages.Answer{}, err
	}
	runs := make([]web.LogRun, 0, len(list))
	for _, run := range list {
		runs = append(runs, p.run(run))
	}
	html, err := p.render(r, p.log(r, s, runs))
	return pages.Answer{Title: p.web.Text("vmlog_title") + strconv.FormatInt(id, 10), HTML: html}, err
}

// render leaves out the runs that the person has already when only the rest is asked for.
func (p *page) render(r *pages.Request, l web.VMLog) (string, error) {
	if r.Bare && r.Query.Has("since") {
		return p.web.VMLogLive(l.Live)
	}
	return p.web.VMLog(l)
}

func (p *page) log(r *pages.Request, s store.Standing, runs []web.LogRun) web.VMLog {
	live := web.LiveLog{
		Site: r.Site, ServiceID: s.Machine.ServiceID, Status: string(s.Machine.Status), Working: s.Holder != "", Wish: string(s.Wish),
		Attention: s.Machine.Attention, Runs: len(runs),
	}
	if len(runs) > 0 {
		live.Last = &runs[0]
		live.Failure = failure(s, runs[0])
	}
	if live.Failure != nil && live.Failure.Message == live.Attention {
		live.Attention = "" // once is enough
	}
	live.Since = since(r, runs)
	older := slices.IndexFunc(runs, func(run web.LogRun) bool { return run.ID <= live.Since })
	if older < 0 {
		older = len(runs)
	}
	live.Newer = runs[:older]
	live.Again = p.again(s, live.Last)
	return web.VMLog{Live: live, Older: runs[older:]}
}

// since is the newest run that will not change any more, or the one that was it when the log was opened.
func since(r *pages.Request, runs []web.LogRun) int64 {
	if id, err := strconv.ParseInt(r.Query.Get("since"), 10, 64); err == nil {
		return id
	}
	for i, run := range runs {
		if i > 0 || run.Result == "success" {
			return run.ID
		}
	}
	return 0
}

// How long until the log is looked at once more.
const (
	atWork  = 2  // seconds, while somebody works on the VM
	waiting = 10 // seconds, while it will be tried again by itself
	soon    = 10 * time.Second
)

func (p *page) again(s store.Standing, last *web.LogRun) int {
	switch {
	case s.Holder != "", last != nil && last.Result == "running" && !states.Resting(s.Machine.Status), !s.WakeAt.IsZero() && s.WakeAt.Before(p.clock.Now().Add(soon)):
		return atWork
	case !s.WakeAt.IsZero():
		return waiting
	}
	return 0
}

// failure is why the last run did not end well; nil when it did or goes on.
func failure(s store.Standing, last web.LogRun) *web.Failure {
	if !last.Bad() {
		return nil
	}
	f := &web.Failure{Action: last.Action, Message: last.Error}
	for _, step := range slices.Backward(last.Steps) {
		if !step.Good {
			f.Step, f.Message = step.Label, cmp.Or(step.Result, f.Message)
			break
		}
	}
	switch {
	case s.Machine.Status == vm.ErrorTerminate:
		f.Next = web.NoNextTry
	case !s.WakeAt.IsZero() && s.Machine.Failures > 0:
		f.Next = web.NextTry
	}
	return f
}

func (p *page) run(r store.RunLog) web.LogRun {
	out := web.LogRun{
		ID: r.ID, Action: cmp.Or(p.titles[r.Action], r.Action), From: string(r.From), To: string(r.To), Result: r.Result, Error: r.Error,
		Repeats: r.Repeats, Started: r.Started, Finished: r.Finished,
	}
	for _, s := range r.Steps {
		label := s.Label
		if s.Skip != "" {
			label += " — skip (" + s.Skip + ")"
		}
		out.Steps = append(out.Steps, web.LogStep{
			N: s.N, Label: label, Result: s.Result, Good: s.Result == "success", From: string(s.From), To: string(s.To),
			Time: s.Started.UTC().Format(time.TimeOnly), Duration: lines.Seconds(s.Took), Details: s.Details,
		})
	}
	return out
}
