package records

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Trouble is how DNS stands, for the status page.
func (b Book) Trouble(ctx context.Context) (t web.DNSTrouble, err error) {
	if t.Pending, t.Failed, err = b.PendingDNS(ctx); err == nil && t.Failed > 0 {
		t.Error, err = b.NewestDNSError(ctx)
	}
	return t, err
}

// Gauges are read from the database when somebody asks, so that every replica says the same.
type Gauges struct {
	book            Book
	pending, failed *prometheus.Desc
}

// NewGauges makes the collector of kvmbridge_dns_pending and kvmbridge_dns_failed.
func NewGauges(b Book) *Gauges {
	return &Gauges{
		book:    b,
		pending: prometheus.NewDesc("kvmbridge_dns_pending", "DNS records that are not as they should be yet, failed ones included.", nil, nil),
		failed:  prometheus.NewDesc("kvmbridge_dns_failed", "DNS records whose last try failed; they are tried again.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- g.pending
	ch <- g.failed
}

// Collect implements prometheus.Collector. A database that does not answer shows as an invalid metric, not as zero.
func (g *Gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	pending, failed, err := g.book.PendingDNS(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(g.pending, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(g.pending, prometheus.GaugeValue, float64(pending))
	ch <- prometheus.MustNewConstMetric(g.failed, prometheus.GaugeValue, float64(failed))
}

// Check tests every zone as "kvmbridge dns zones test" does; what failed is a fault of the zone's place. Warnings are none.
func (f *Office) Check(ctx context.Context) ([]config.Fault, error) {
	list, err := f.Book.DNSZones(ctx)
	if err != nil {
		return nil, err
	}
	failed := make([][]dns.Finding, len(list))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, z := range list {
		g.Go(func() error {
			failed[i] = f.desk().Examine(ctx, z)
			return nil
		})
	}
	_ = g.Wait() // none of them returns an error
	var faults []config.Fault
	for i, z := range list {
		for _, found := range failed[i] {
			if found.Level == dns.Failed {
				place := fmt.Sprintf("DNS zone %d (%s at %s)", z.ID, z.Name, z.Place())
				faults = append(faults, config.Fault{Place: place, Text: strings.TrimSuffix(found.Step+": "+found.Text, ".") + "."})
			}
		}
	}
	return faults, nil
}
