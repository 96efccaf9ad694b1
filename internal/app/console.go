package app

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/tasks/console"
)

// onlooker answers cron.php and "kvmbridge task".
type onlooker struct{ *Sidecar }

var _ bridge.Tasks = onlooker{}

// Begin implements bridge.Tasks. The run ends with the service, and not with whoever asked for it.
func (s onlooker) Begin(ctx context.Context, args bridge.TaskArgs) (func(func(string)) bool, error) {
	order := console.Order{Task: args.Task, Force: args.Force, List: args.List, Unlocked: args.NoLock, Clear: args.Clear}
	if fault := console.Check(order); fault != "" {
		return nil, bridge.Refuse("unknown_task", "%s", fault)
	}
	if err := s.schema(ctx); err != nil {
		return nil, bridge.Refuse("not_ready", "%s", sentence(err.Error()))
	}
	return func(say func(string)) bool {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		defer s.whenStopping(cancel)()
		var one sync.Mutex
		return s.console(order, func(line string) {
			one.Lock()
			defer one.Unlock()
			say(line)
		}).Do(ctx, order)
	}, nil
}

// whenStopping calls do when the service stops, unless undo was called before.
func (s *Sidecar) whenStopping(do func()) (undo func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-s.stopping:
			do()
		case <-done:
		}
	}()
	return func() { close(done) }
}

// console is a runner whose work on machines is followed.
func (s onlooker) console(o console.Order, say func(string)) *console.Console {
	runner := *s.tasks
	runner.Deeds = maps.Clone(runner.Deeds)
	runner.Deeds[tasks.ProcessVMs] = s.follow(o, say)
	return &console.Console{Runner: &runner, Clock: clock.In(s.clock, s.zone), Idle: s.idle, Mode: s.mode, Say: say}
}

// idle says who rings instead of the crontab.
func (s onlooker) idle(ctx context.Context) string {
	if s.settings.Now(ctx).Mode == settings.Standalone {
		return ""
	}
	return fmt.Sprintf("Nothing to do: the cron mode is %s, so the tasks are started from there. Choose Standalone Cron File in the addon under Cron, "+
		"or name one task, or use --force.", s.mode(ctx))
}

func (s onlooker) mode(ctx context.Context) string {
	return s.settings.Sheet.Word(settings.CronMode, string(s.settings.Now(ctx).Mode))
}

const (
	// followed is how long a run of all tasks looks on, so that the next minute's finds the lock free.
	followed = 50 * time.Second
	// soon is how far ahead something that waits still counts as being worked on.
	soon = time.Minute
	// glimpse is how often a run looks whether everything is at rest.
	glimpse = 300 * time.Millisecond
)

// follow wakes the engine and prints what it does, until nothing moves any more or the time is up; the work itself goes on. What
// other replicas do is not printed.
func (s onlooker) follow(o console.Order, say func(string)) tasks.Run {
	return func(ctx context.Context) (tasks.Result, error) {
		if s.settings.Now(ctx).Paused() {
			say("All work on virtual machines is paused: its interval is 0.")
			return tasks.Result{}, nil
		}
		end, stop := s.outcomes.watch(), s.lines.Follow(say)
		defer stop() // also when something panics
		defer end()
		s.engine.Wake()
		moving, err := s.rest(ctx, s.limit(ctx, o))
		stop()
		if err != nil {
			return tasks.Result{}, err
		}
		if moving > 0 {
			say(fmt.Sprintf("Still being worked on: %d. That goes on by itself.", moving))
		}
		return s.tally(ctx, end())
	}
}

// limit is how long somebody looks on: never until the lock timeout, which would make a fault of it.
func (s onlooker) limit(ctx context.Context, o console.Order) time.Duration {
	most := s.settings.Now(ctx).Tasks.LockTimeout * 9 / 10
	if o.Task != "" {
		return most
	}
	return min(followed, most)
}

// rest returns when no machine moves any more, when all work is paused, or after the limit, with how many move still.
func (s onlooker) rest(ctx context.Context, limit time.Duration) (moving int, err error) {
	for until := s.clock.Now().Add(limit); ; {
		now := s.clock.Now()
		moving, err = s.store.Moving(ctx, now, now.Add(soon))
		if err != nil || moving == 0 || !now.Before(until) || s.settings.Now(ctx).Paused() {
			return moving, err
		}
		if err := clock.Sleep(ctx, s.clock, glimpse); err != nil {
			return moving, err
		}
	}
}

// tally is what the run came to: what this replica saw end or fail, and what fails elsewhere.
func (s onlooker) tally(ctx context.Context, seen map[int64]string) (tasks.Result, error) {
	work, err := s.store.AtWork(ctx, failuresTold)
	for _, f := range work.Failures {
		seen[f.ServiceID] = detail(f.ServiceID, action(pipeline.State(f.Status)), f.LastError)
	}
	return tasks.Result{Processed: len(seen), Errors: work.Failing, Details: inOrder(seen)}, err
}
