package showroom

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/dnsbench"
	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// slowOperation is what one command of a provider takes in the reference product's own account of 40 s.
const slowOperation = 1600 * time.Millisecond

// dnsDeployWait deploys a VM with five addresses whose records two slow providers keep: how long the deploy waited for them,
// in seconds. It also waits until all records are written, so that the wait is not saved by writing none.
func dnsDeployWait(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	panels, err := dnsbench.SlowPanels(2, slowOperation, "example.net", "2.0.192.in-addr.arpa") //nolint:contextcheck // they listen beyond the call
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, panels.Close()) }()
	s, err := newStage(ctx, 1, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.fiveNames(ctx, panels); err != nil {
		return 0, err
	}
	service, err := s.services(ctx, 1)
	if err != nil {
		return 0, err
	}
	began := clock.System{}.Now()
	if err := s.create(ctx, service); err != nil {
		return 0, err
	}
	if _, err := s.sidecar.awaitReady(ctx, service); err != nil {
		return 0, err
	}
	if err := s.awaitRecords(ctx, service); err != nil {
		return 0, err
	}
	say("floor dns_deploy_wait: every operation takes %s; all records were written %s after the order", slowOperation, clock.System{}.Now().Sub(began).Round(100*time.Millisecond))
	var us int64
	err = s.sidecar.store.Handle().GetContext(ctx, &us, "SELECT s.took_us FROM kvmbridge_run_steps s JOIN kvmbridge_runs r ON r.id = s.run_id WHERE r.service_id = ? AND s.to_status = 'set_dns'", service)
	return float64(us) / 1e6, err
}

// fiveNames sells VMs with five addresses, and keeps their records at these panels.
func (s *stage) fiveNames(ctx context.Context, panels *dnsbench.Panels) error {
	book := s.sidecar.DNS()
	for _, z := range panels.Zones {
		if _, err := book.SaveDNSZone(ctx, z); err != nil {
			return err
		}
	}
	return s.exec(ctx, `UPDATE tblproducts SET configoption1 = REPLACE(configoption1, '"ipv4": 1', '"ipv4": 5')`)
}

// awaitRecords waits until nothing of a service is pending, and there are as many rows as there should be: a name and five
// reverse names at each of two panels.
func (s *stage) awaitRecords(ctx context.Context, service int64) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for {
		var live int
		err := s.sidecar.store.Handle().GetContext(ctx, &live, "SELECT COUNT(*) FROM kvmbridge_dns_records WHERE service_id = ? AND state = 'live' AND due_at IS NULL", service)
		if err != nil {
			return err
		}
		if live >= 2*(1+5) {
			return nil
		}
		if err := clock.Sleep(ctx, clock.System{}, 100*time.Millisecond); err != nil {
			return errors.Join(errors.New("the records were not written in time"), err)
		}
	}
}
