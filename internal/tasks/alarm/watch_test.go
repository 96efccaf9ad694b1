package alarm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/tasks/alarm"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

type hand struct{ now time.Time }

func (h *hand) Now() time.Time                       { return h.now }
func (h *hand) After(time.Duration) <-chan time.Time { return nil }

// scene is a database that two replicas watch.
type scene struct {
	*testing.T
	db       *testdb.DB
	clock    *hand
	book     taskrows.Alarms
	values   settings.Values
	replicas [2]*alarm.Watch
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{T: t, db: testdb.New(t), clock: &hand{time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}}
	s.book = taskrows.Alarms{Book: taskrows.New(s.db.SQL), Webhook: true}
	s.values = settings.New(settings.Configured{}).Values(nil)
	for i := range s.replicas {
		s.replicas[i] = &alarm.Watch{
			Book: s.book, Settings: func(context.Context) settings.Values { return s.values }, Neglected: finder.New(s.db.SQL).Neglected, Clock: s.clock,
		}
	}
	return s
}

// pass lets minutes go by; run are the tasks that run in each of them.
func (s *scene) pass(minutes int, run ...string) {
	s.Helper()
	for range minutes {
		s.clock.now = s.clock.now.Add(time.Minute)
		for _, id := range run {
			s.run(id)
		}
		for _, w := range s.replicas {
			if err := w.Look(s.Context()); err != nil {
				s.Fatal(err)
			}
		}
	}
}

func (s *scene) run(id string) {
	s.Helper()
	rows, err := s.book.Rows(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	row := rows[id]
	row.ID = id
	token, err := s.book.Claim(s.Context(), row, "x", s.clock.now, s.clock.now.Add(time.Minute))
	if err == nil {
		err = s.book.Finish(s.Context(), id, token, s.clock.now, "", tasks.Result{})
	}
	if err != nil {
		s.Fatal(err)
	}
}

// told takes what people were told since the last time.
func (s *scene) told() string {
	s.Helper()
	all := s.db.Text(s.T, "SELECT COALESCE(GROUP_CONCAT(kind, ': ', subject ORDER BY id SEPARATOR '\\n'), '') FROM kvmbridge_outbox")
	s.db.Exec(s.T, "DELETE FROM kvmbridge_outbox")
	return all
}

func every() (ids []string) {
	for _, t := range tasks.Table() {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestWatch_tellsOnceWhenNothingRunsAndOnceWhenItGoesOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.values.Mode = settings.Hook
	s.pass(60, every()...)
	s.pass(36)
	if got := s.told(); got != "" {
		t.Errorf("told too early: %s", got)
	}
	// The task of every hour was due 30 minutes ago only after an hour and a half: until then the others tell.
	s.pass(2)
	told := s.told()
	for _, want := range []string{
		"activity: kvmbridge: ALARM: These tasks were due more than 30 minutes ago and have not run: processVirtualMachines, removeOldSnapshots, restoreBackupStatus, ",
		"webhook: kvmbridge: ALARM: ",
	} {
		if strings.Count(told, want) != 1 {
			t.Errorf("told %q, want once %q", told, want)
		}
	}
	if strings.Contains(told, "collectingStatistics") || !strings.Contains(told, "WHMCS's cron does not reach the service") {
		t.Errorf("a task is named that is not overdue, or no cause: %s", told)
	}
	s.pass(120)
	if got := s.told(); got != "" {
		t.Errorf("told again: %s", got)
	}
	s.pass(2, every()...)
	if got := s.told(); strings.Count(got, "activity: kvmbridge: the alarm is over: periodic work goes on.") != 1 || strings.Count(got, "\n") != 1 {
		t.Errorf("afterwards: %s", got)
	}
}

func TestWatch_judgesNoTaskThatIsDisabledRunningOrNew(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	others := every()[1:]
	s.values.Tasks.Intervals[tasks.ProcessVMs] = 0
	s.pass(100, others...)
	s.values.Tasks.Intervals[tasks.ProcessVMs] = time.Minute // never ran, and somebody has watched for 100 minutes
	s.pass(5, others...)
	if _, err := s.book.Claim(t.Context(), tasks.Row{ID: tasks.ProcessVMs}, "x", s.clock.now, s.clock.now.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.pass(100, others...)
	if got := s.told(); got != "" {
		t.Errorf("told: %s", got)
	}
	s.values.Alarm = 0
	s.pass(1000)
	if got := s.told(); got != "" {
		t.Errorf("told although nobody wants to know: %s", got)
	}
}

func TestWatch_machinesThatNobodyWorksOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.db.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, wake_at, lease_holder) VALUES (1, 1, '2026-11-30 12:00:00', NULL), (2, 1, '2026-12-01', 'busy')")
	s.pass(60, every()...)
	if got := s.told(); got != "" {
		t.Errorf("told although somebody is at work: %s", got)
	}
	s.db.Exec(t, "UPDATE kvmbridge_vm SET wake_at = NULL, lease_holder = NULL WHERE service_id = 2")
	s.values.Tasks.Intervals[tasks.ProcessVMs] = 0
	s.pass(10, every()...)
	if got := s.told(); !strings.HasPrefix(got, "activity: kvmbridge: ALARM: 1 virtual machine waits since 2026-11-30 12:00:00 UTC, and all work is paused") {
		t.Errorf("told: %s", got)
	}
	state, err := s.book.Alarm(t.Context(), s.clock.now)
	if err != nil || state.Text == "" {
		t.Errorf("the state is %+v, %v", state, err)
	}
	if err := s.book.Turn(t.Context(), alarm.State{Token: state.Token - 1}, "", "", s.clock.now); !errors.Is(err, tasks.ErrTaken) {
		t.Errorf("a stale turn: %v", err)
	}
}
