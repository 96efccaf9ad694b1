package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages/home"
	"github.com/kvmbridge/kvmbridge/internal/courier"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/tasks/alarm"
)

// deeds is what each task does.
func (s *Sidecar) deeds() map[string]tasks.Run {
	return map[string]tasks.Run{
		tasks.ProcessVMs:      s.processVMs,
		tasks.RemoveSnapshots: reporting(s.copies.RemoveOldSnapshots),
		tasks.RestoreStatus:   reporting(s.copies.RestoreBackupStatus),
		tasks.BackupStatus:    reporting(s.copies.NowBackupStatus),
		tasks.ScheduleBackup:  reporting(s.copies.ScheduleBackup),
		tasks.ScheduleSnap:    reporting(s.copies.ScheduleSnapshot),
		tasks.Statistics:      reporting(s.traffic.Collect),
	}
}

func (s *Sidecar) newRunner() *tasks.Runner {
	return &tasks.Runner{
		Book: taskrows.New(s.store.Handle()), Deeds: s.deeds(), Clock: s.clock, Log: s.log, Holder: s.store.Holder(),
		Rules: func(ctx context.Context) tasks.Rules { return s.settings.Now(ctx).Tasks },
	}
}

// newWatch tells when the tasks, or the work on machines, stand still.
func (s *Sidecar) newWatch() *alarm.Watch {
	return &alarm.Watch{Book: s.alarms, Settings: s.settings.Now, Neglected: s.store.Neglected, Clock: s.clock}
}

// standing is what the first page says about it.
func (s *Sidecar) standing(ctx context.Context) (home.Standing, error) {
	state, err := s.alarms.Alarm(ctx, s.clock.Now())
	return home.Standing{Alarm: state.Text, Paused: s.settings.Now(ctx).Paused()}, err
}

// failuresTold is how many failing machines a run names; the result says how many there are.
const failuresTold = 50

// processVMs wakes the engine, which works on machines by itself as they become due, and says how that stands.
func (s *Sidecar) processVMs(ctx context.Context) (tasks.Result, error) {
	s.engine.Wake()
	work, err := s.store.AtWork(ctx, failuresTold)
	result := tasks.Result{Processed: work.Machines, Errors: work.Failing}
	for _, f := range work.Failures {
		result.Details = append(result.Details, detail(f.ServiceID, action(pipeline.State(f.Status)), f.LastError))
	}
	return result, err
}

const (
	// glance is how often the schedule looks for tasks that are due.
	glance = 5 * time.Second
	// longestTask is beyond every lock timeout, which is what bounds a run.
	longestTask = 25 * time.Hour
	// ringSlack is how much too early WHMCS's cron may come.
	ringSlack = 30 * time.Second
)

// taskJobs are the lines of the schedule for tasks; each runs beside the others.
func (s *Sidecar) taskJobs() []job {
	var jobs []job
	for _, t := range tasks.Table() {
		jobs = append(jobs, job{"task " + t.ID, glance, longestTask, func(ctx context.Context) error {
			if s.settings.Now(ctx).Mode != settings.Sidecar {
				return nil
			}
			_, err := s.tasks.Run(ctx, t.ID, tasks.Manner{})
			return err
		}})
	}
	return jobs
}

// bell is what WHMCS's cron rings: it delivers the outbox, and lets due tasks run if that is the mode.
type bell struct {
	*courier.Courier
	ring func(context.Context)
}

// Deliver implements bridge.Outbox.
func (b bell) Deliver(ctx context.Context) (int, error) {
	b.ring(ctx)
	return b.Courier.Deliver(ctx)
}

// ring does not wait for the tasks: WHMCS's cron has a few seconds for us.
func (s *Sidecar) ring(ctx context.Context) {
	if s.settings.Now(ctx).Mode != settings.Hook {
		return
	}
	select {
	case s.rung <- struct{}{}:
	default:
	}
}

func (s *Sidecar) answerRings(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.rung:
		}
		if err := s.tasks.RunDue(ctx, ringSlack); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "run the tasks", slog.Any("err", err))
		}
	}
}
