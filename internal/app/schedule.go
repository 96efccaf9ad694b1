package app

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/go-co-op/gocron/v2"
)

// job is one line of the schedule.
type job struct {
	name  string
	every time.Duration
	limit time.Duration
	do    func(context.Context) error
}

// jobs is all periodic work of a replica. Each may run on every replica at once: they are safe to run twice.
func (s *Sidecar) jobs() []job {
	watch := s.newWatch()
	return append(s.taskJobs(), []job{
		{"alarm", time.Minute, time.Minute, watch.Look},
		{"outbox", time.Minute, time.Minute, func(ctx context.Context) error { _, err := s.courier.Deliver(ctx); return err }},
		{"forget", time.Hour, time.Minute, func(ctx context.Context) error {
			return s.store.ForgetDelivered(ctx, s.clock.Now().Add(-keepDelivered))
		}},
	}...)
}

// keepDelivered is how long a delivered message stays in the outbox.
const keepDelivered = 35 * 24 * time.Hour

// schedule rings the jobs; what has to survive a restart is in the database, not here.
type schedule struct {
	scheduler gocron.Scheduler
	log       *slog.Logger
}

func newSchedule(s *Sidecar) (*schedule, error) {
	scheduler, err := gocron.NewScheduler(
		gocron.WithLocation(time.UTC),
		gocron.WithStopTimeout(20*time.Second),
		gocron.WithLogger(s.log),
		gocron.WithGlobalJobOptions(gocron.WithSingletonMode(gocron.LimitModeReschedule)),
	)
	if err != nil {
		return nil, err
	}
	for _, j := range s.jobs() {
		if _, err := scheduler.NewJob(gocron.DurationJob(j.every), task(s.log, j), gocron.WithName(j.name)); err != nil {
			return nil, fmt.Errorf("schedule %s: %w", j.name, err)
		}
	}
	return &schedule{scheduler, s.log}, nil
}

// task gives a job what gocron leaves out: a deadline, and a panic that ends neither the process nor the others.
func task(log *slog.Logger, j job) gocron.Task {
	return gocron.NewTask(func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, j.limit)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
			if err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "scheduled job failed", slog.String("job", j.name), slog.Any("err", err))
			}
		}()
		return j.do(ctx)
	})
}

// run rings until ctx ends and waits for the jobs under way.
func (s *schedule) run(ctx context.Context) {
	s.scheduler.Start()
	<-ctx.Done()
	if err := s.scheduler.Shutdown(); err != nil {
		s.log.WarnContext(ctx, "stop the schedule", slog.Any("err", err))
	}
}
