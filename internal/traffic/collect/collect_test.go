package collect_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
)

const m = time.Minute

func TestCollect_countsEveryByteByItsHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	details := w.after(30*m, 4, 0)
	if want := fmt.Sprintf("sid:%d [success] last:never, collected", w.ids[0]); details[0] != want || len(details) != 4 {
		t.Errorf("details %q, want %q first", details, want)
	}
	details = w.after(45*m, 4, 0)
	if want := fmt.Sprintf("sid:%d [success] last:2031-04-05 12:30:00, collected", w.ids[3]); details[3] != want {
		t.Errorf("details %q, want %q last", details, want)
	}
	w.after(60*m, 4, 0)
	w.after(300*m, 4, 0) // missed polls
	for n := range w.ids {
		w.booked(n, 435*m, 0)
	}
	rows := w.db.Text(t, "SELECT GROUP_CONCAT(CONCAT(DATE_FORMAT(`date`, '%H:%i'), ' ', net_in DIV 120000) ORDER BY `date` SEPARATOR ', ') FROM puqProxmoxKVM_statistics WHERE service_id = ?", w.ids[1])
	if want := "12:00 60, 13:00 60, 14:00 60, 15:00 60, 16:00 60, 17:00 60, 18:00 60"; rows != want {
		t.Errorf("minutes by hour: %s, want %s", rows, want)
	}
	if n := w.first().asked.Load(); n != 0 {
		t.Errorf("asked for averages %d times", n)
	}
}

// halfway is a ledger whose accounts cannot be read to their end.
type halfway struct{ collect.Ledger }

func (l halfway) Accounts(ctx context.Context, found func(*traffic.Account)) ([]traffic.Account, error) {
	if _, err := l.Ledger.Accounts(ctx, found); err != nil {
		return nil, err
	}
	return nil, errors.New("connection lost")
}

func TestCollect_withoutAllAccountsNothingIsBooked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.after(30*m, 4, 0)
	whole := w.Ledger
	w.Ledger = halfway{whole}
	w.clock.pass(60 * m)
	if p, f, details, err := w.Collect(t.Context()); err == nil || p != 0 || f != 0 || len(details) != 0 {
		t.Errorf("%d processed, %d errors, %q, %v", p, f, details, err)
	}
	w.Ledger = whole
	w.booked(0, 30*m, 0)
	w.after(0, 4, 0)
	w.booked(0, 90*m, 0)
}

// A reading must not be older than the account it is added to, so the accounts come first.
func TestCollect_asksAClusterOnlyWhenItsAccountsAreFixed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.after(30*m, 2, 0)
	var found atomic.Int64
	w.Ledger = watched{w.Ledger, &found}
	w.asking = func() {
		if found.Load() == 0 {
			t.Error("asked a cluster before an account was there")
		}
	}
	w.after(30*m, 2, 0)
	if found.Load() != 2 {
		t.Errorf("%d accounts found", found.Load())
	}
}

// watched counts the accounts that were found.
type watched struct {
	collect.Ledger
	found *atomic.Int64
}

func (l watched) Accounts(ctx context.Context, found func(*traffic.Account)) ([]traffic.Account, error) {
	return l.Ledger.Accounts(ctx, func(a *traffic.Account) {
		l.found.Add(1)
		found(a)
	})
}

func TestCollect_aGuestOlderThanItsOrderBeginsAtItsFirstReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.db.Exec(t, "UPDATE kvmbridge_vm SET created_at = ?", start().Add(5*m))
	w.after(30*m, 2, 0)
	w.booked(0, 0, 0)
	w.after(60*m, 2, 0)
	w.booked(0, 60*m, 0)
}

func TestCollect_averagesFillWhatARestartLoses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	sim := w.first().sim
	w.after(30*m, 4, 0)
	w.clock.pass(40 * m)
	sim.SetRunning(100, false)
	sim.SetRunning(100, true)
	w.after(20*m, 4, 0)
	w.booked(0, 90*m, 40*m)
	w.booked(1, 90*m, 0)
	sim.SetRunning(101, false)
	w.after(10*m, 4, 0)
	w.after(60*m, 4, 0) // known to be silent
	if got := w.db.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_statistics WHERE service_id = ? AND net_in = 0", w.ids[1]); got != "0" || w.state(1).Open.In != 0 || w.state(1).Open.Start.Hour() != 14 {
		t.Errorf("silent hours: %s, open %+v", got, w.state(1).Open)
	}
	if n := w.first().asked.Load(); n != 2 {
		t.Errorf("asked for averages %d times", n)
	}
}

func TestCollect_aServerThatDoesNotAnswerCostsOnlyItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.after(30*m, 6, 0)
	w.first().silent = true
	details := w.after(60*m, 3, 1)
	if !strings.HasPrefix(details[0], "server ") || !strings.Contains(details[0], "nobody answers") {
		t.Errorf("details %q", details)
	}
	w.booked(0, 30*m, 0)
	w.booked(3, 90*m, 0)
	w.after(600*m, 3, 1)
	w.first().silent = false
	w.after(10*m, 6, 0)
	for n := range w.ids {
		w.booked(n, 700*m, 0)
	}
}

// Neither a guest that is not listed nor one on a node that is silent becomes an hour of 0.
func TestCollect_theUnknownIsNoZero(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.after(30*m, 4, 0)
	w.first().forgotten[100] = true
	details := w.after(240*m, 3, 0)
	if slices.ContainsFunc(details, func(d string) bool { return strings.HasPrefix(d, fmt.Sprintf("sid:%d ", w.ids[0])) }) {
		t.Errorf("details %q", details)
	}
	if got := w.db.Text(t, "SELECT GROUP_CONCAT(CONCAT(HOUR(`date`), ' ', net_in) SEPARATOR ', ') FROM puqProxmoxKVM_statistics WHERE service_id = ?", w.ids[0]); got != "12 3600000" {
		t.Errorf("hours of the guest: %s", got) // what was known when it went is not held back
	}
	w.first().forgotten[100] = false
	w.first().sim.SetNodeOnline("pve1", false)
	p, f, _, err := w.Collect(t.Context())
	if err != nil || p > 2 {
		t.Errorf("with a dead node: %d processed, %d errors, %v", p, f, err)
	}
	w.booked(0, 30*m, 0)
}

// Averages that cannot be read now are asked for again: the counters wait, but not for ever.
func TestCollect_waitsForAveragesButNotForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.after(30*m, 2, 0)
	s := w.first()
	s.averages = errors.New("RRD error: no connection")
	restart := func() {
		s.sim.SetRunning(100, false)
		s.sim.SetRunning(100, true)
	}
	w.clock.pass(20 * m)
	restart()
	details := w.after(40*m, 1, 1)
	if want := fmt.Sprintf("sid:%d [RRD error: no connection]", w.ids[0]); details[0] != want {
		t.Errorf("details %q, want %q", details, want)
	}
	w.booked(0, 30*m, 0)
	s.averages = nil
	w.after(60*m, 2, 0)
	a := w.state(0)
	if got := float64(a.Month.In) / inRate / 60; got != 150 {
		t.Errorf("booked %v minutes of 150", got)
	}
	s.averages = errors.New("RRD error: no connection")
	w.clock.pass(10 * time.Hour)
	restart()
	w.after(15*time.Hour, 2, 1) // more than a day: the counters alone
	if got := float64(w.state(0).Month.In) / inRate / 60; got != 150+15*60 {
		t.Errorf("booked %v minutes of %d", got, 150+15*60)
	}
}

func TestCollect_twoRunsAtOnceBookOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.after(30*m, 8, 0)
	for range 3 {
		w.clock.pass(60 * m)
		results := make(chan int, 3)
		for range 3 {
			go func() {
				p, f, _, err := w.Collect(context.Background())
				if err != nil || f != 0 {
					t.Errorf("%d errors, %v", f, err)
				}
				results <- p
			}()
		}
		if sum := <-results + <-results + <-results; sum != 8 {
			t.Errorf("%d processed by three runs, want 8", sum)
		}
	}
	for n := range w.ids {
		w.booked(n, 210*m, 0)
	}
}

func TestCollect_aChangedRuleSumsMonthsUpAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.db.Exec(t, "UPDATE tblhosting SET regdate = '2031-01-05', nextduedate = '2031-05-05'")
	w.after(12*time.Hour, 2, 0) // midnight
	w.after(13*time.Hour, 2, 0)
	w.terms.Rule = traffic.ByAnniversary
	w.after(60*m, 2, 0)
	if got := w.state(0).Month; !got.From.Equal(time.Date(2031, 4, 5, 0, 0, 0, 0, time.UTC)) || got.In != 26*3600*inRate {
		t.Errorf("since the 5th: %+v", got)
	}
	w.db.Exec(t, "UPDATE tblhosting SET nextduedate = '2031-05-06'") // billed a day later from now on
	w.after(60*m, 2, 0)
	if got := w.state(0).Month; !got.From.Equal(time.Date(2031, 4, 6, 0, 0, 0, 0, time.UTC)) || got.In != 15*3600*inRate {
		t.Errorf("since the 6th: %+v", got)
	}
	w.terms.Rule = traffic.ByCalendar
	w.after(60*m, 2, 0)
	w.booked(0, 28*time.Hour, 0)
}

func TestCollect_tellsOfAllowancesOnceAndLiftsThemWithoutAReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.terms.Policies = map[int64]traffic.Policy{w.ids[0]: {Limit: 100 * 60 * inRate, Counted: traffic.In, Throttle: 1}}
	entries := func() string {
		return w.db.Text(t, "SELECT GROUP_CONCAT(subject ORDER BY id SEPARATOR '; ') FROM kvmbridge_outbox")
	}
	w.after(79*m, 2, 0)
	if got := entries(); got != "" {
		t.Errorf("told too early: %s", got)
	}
	for range 5 {
		w.after(10*m, 2, 0)
	}
	want := fmt.Sprintf("Traffic: more than 80 %% is used, 0.01 of 0.01 GB - Service ID: %d; Traffic: all of it is used, 0.01 of 0.01 GB - Service ID: %[1]d; "+
		"Traffic: the network card is slowed down to 1 MB/s until the next period - Service ID: %[1]d", w.ids[0])
	if got := entries(); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	if s := w.state(0).Standing; !s.Throttled || s.Notice != 100 {
		t.Errorf("standing %+v", s)
	}
	w.first().silent = true
	w.clock.pass(26 * 24 * time.Hour)
	w.after(0, 1, 1)
	want += fmt.Sprintf("; Traffic: the network card has its own speed again - Service ID: %d", w.ids[0])
	if got := entries(); got != want || w.state(0).Standing.Throttled {
		t.Errorf("told %q, want %q", got, want)
	}
}
