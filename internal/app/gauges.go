package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kvmbridge/kvmbridge/internal/store"
)

// gauges are read from the database when somebody asks for the metrics, so that every replica says the same.
type gauges struct {
	store     *store.DB
	machines  *prometheus.Desc
	attention *prometheus.Desc
	waiting   *prometheus.Desc
}

func newGauges(s *store.DB) *gauges {
	return &gauges{
		store:     s,
		machines:  prometheus.NewDesc("kvmbridge_machines", "VMs by status.", []string{"status"}, nil),
		attention: prometheus.NewDesc("kvmbridge_attention", "VMs that a person should look at.", nil, nil),
		waiting:   prometheus.NewDesc("kvmbridge_outbox_waiting", "Messages that WHMCS has not taken yet.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- g.machines
	ch <- g.attention
	ch <- g.waiting
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
	for desc, count := range map[*prometheus.Desc]func(context.Context) (int, error){g.attention: g.store.WorryCount, g.waiting: g.store.Waiting} {
		n, err := count(ctx)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(desc, err)
			continue
		}
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n))
	}
}
