package app

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/clock"
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
	return &console.Console{Runner: &runner, Clock: s.clock, Idle: s.idle, Mode: s.mode, Say: say}
}

// idle says who rings instead of the crontab.
func (s onlooker) idle(ctx context.Context) string {
	if s.settings.Now(ctx).Mode == settings.Standalone {
		return ""
	}
	return fmt.Sprintf("Nothing to do: the cron mode is %s, so the tasks are started from there. Choose Standalone Cron File in the addon under Cron, "+
		"or run with --force or --task=<id>.", s.mode(ctx))
}

func (s onlooker) mode(ctx context.Context) string {
	return s.settings.Sheet.Word(settings.CronMode, string(s.settings.Now(ctx).Mode))
}

const (
	// followed is how long a run of all tasks looks on, so that the next minute's finds the lock free; the work itself goes on.
	followed = 50 * time.Second
	// soon is how far ahead something that waits still counts as being worked on.
	soon = time.Minute
	// glimpse is how often a run looks whether everything is at rest.
	glimpse = 300 * time.Millisecond
)

// follow wakes the engine and prints what it does, until nothing moves any more. What other replicas do is counted, not printed.
func (s onlooker) follow(o console.Order, say func(string)) tasks.Run {
	return func(ctx context.Context) (r tasks.Result, err error) {
		if s.settings.Now(ctx).Paused() {
			say("All work on virtual machines is paused: its interval is 0.")
			return r, nil
		}
		stop := s.lines.Follow(say)
		before, err := s.processVMs(ctx)
		if err == nil {
			err = s.rest(ctx, o.Task != "")
		}
		stop()
		if err != nil {
			return before, err
		}
		r, err = s.processVMs(ctx)
		r.Processed = max(r.Processed, before.Processed)
		return r, err
	}
}

// rest returns when no machine moves any more, or after a while; patiently = the lock timeout is the only limit.
func (s onlooker) rest(ctx context.Context, patiently bool) error {
	until := s.clock.Now().Add(followed)
	for patiently || s.clock.Now().Before(until) {
		moving, err := s.store.Moving(ctx, s.clock.Now().Add(soon))
		if err != nil || moving == 0 {
			return err
		}
		if err := clock.Sleep(ctx, s.clock, glimpse); err != nil {
			return err
		}
	}
	return nil
}
