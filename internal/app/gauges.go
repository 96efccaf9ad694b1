package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// gauges are read from the database when somebody asks for the metrics, so that every replica says the same.
type gauges struct {
	store     *store.DB
	alarms    taskrows.Alarms
	clock     clock.Clock
	late      func(context.Context) ([]keeping.Late, error)
	lastRun   *prometheus.Desc
	raised    *prometheus.Desc
	machines  *prometheus.Desc
	attention *prometheus.Desc
	waiting   *prometheus.Desc
	overdue   *prometheus.Desc
}

func newGauges(s *store.DB, a taskrows.Alarms, late func(context.Context) ([]keeping.Late, error), c clock.Clock) *gauges {
	return &gauges{
		store: s, alarms: a, late: late, clock: c,
		lastRun:   prometheus.NewDesc("kvmbridge_task_last_run_timestamp_seconds", "When the last run of a task began.", []string{"task"}, nil),
		raised:    prometheus.NewDesc("kvmbridge_alarm", "1 while periodic work stands still, see the addon's first page.", nil, nil),
		machines:  prometheus.NewDesc("kvmbridge_machines", "VMs by status.", []string{"status"}, nil),
		attention: prometheus.NewDesc("kvmbridge_attention", "VMs that a person should look at.", nil, nil),
		waiting:   prometheus.NewDesc("kvmbridge_outbox_waiting", "Messages that WHMCS has not taken yet.", nil, nil),
		overdue:   prometheus.NewDesc("kvmbridge_backups_overdue", "Services with a schedule of backups whose last good one is older than the settings allow.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- g.machines
	ch <- g.attention
	ch <- g.waiting
	ch <- g.lastRun
	ch <- g.raised
	ch <- g.overdue
}

// Collect implements prometheus.Collector. A database that does not answer shows as an invalid metric, not as zero.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := g.store.Counts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(g.machines, err)
		return
	}
	for status, n := range counts {
		ch <- prometheus.MustNewConstMetric(g.machines, prometheus.GaugeValue, float64(n), string(status))
	}
	g.tasks(ctx, ch)
	for desc, count := range map[*prometheus.Desc]func(context.Context) (int, error){g.attention: g.store.WorryCount, g.waiting: g.store.Waiting, g.overdue: g.lateCount} {
		n, err := count(ctx)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(desc, err)
			continue
		}
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n))
	}
}

// tasks tells when each ran last, and whether the alarm is raised.
func (g *gauges) tasks(ctx context.Context, ch chan<- prometheus.Metric) {
	rows, err := g.alarms.Rows(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(g.lastRun, err)
		return
	}
	for _, t := range tasks.Table() {
		if began := rows[t.ID].Started; !began.IsZero() {
			ch <- prometheus.MustNewConstMetric(g.lastRun, prometheus.GaugeValue, float64(began.Unix()), t.ID)
		}
	}
	state, err := g.alarms.Alarm(ctx, g.clock.Now())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(g.raised, err)
		return
	}
	raised := 0.0
	if state.Text != "" {
		raised = 1
	}
	ch <- prometheus.MustNewConstMetric(g.raised, prometheus.GaugeValue, raised)
}

func (g *gauges) lateCount(ctx context.Context) (int, error) {
	list, err := g.late(ctx)
	return len(list), err
}
