package vm_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// The timeout of a migration is that of the moment; one that is on its way when migrations are switched off is waited for,
// and the next machine stays.
func TestMigration_obeysTheSettingsOfTheMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *pvesim.Config) { c.Durations.Migrate = 90 * time.Second })
	var limit atomic.Int64
	var off atomic.Bool
	limit.Store(int64(5 * time.Second))
	w.steps.Settings.MigrationTimeout = func(context.Context) time.Duration { return time.Duration(limit.Load()) }
	w.steps.Settings.Migrate = func(context.Context) bool { return !off.Load() }
	w.start(w.engine(w.store, w.steps))
	first := w.order(modest(10_000))
	w.await("migration that takes too long", patience, func() bool {
		return strings.Contains(w.said(first, "Migrate to target node"), "still waiting for the migration after")
	})
	if m := w.machine(first); m.Task == "" || m.Status != vm.SetDNS {
		t.Errorf("the record is at %s with the task %q, want it to know the migration under way", m.Status, m.Task)
	}
	off.Store(true)
	limit.Store(int64(10 * time.Minute))
	w.awaitStatus(first, vm.Ready)
	w.checkModest(first, "pve2")
	second := w.order(modest(10_100))
	w.awaitStatus(second, vm.Ready)
	w.checkModest(second, "pve1")
}
