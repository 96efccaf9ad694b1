package vm_test

import (
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Two processes on one database; one of them may be cut off half-way, or fail to prolong its leases, while its steps still run.
func TestReplicas_neverWorkOneMachineTwice(t *testing.T) {
	t.Parallel()
	for name, strike := range map[string]func(p *process){
		"both live":            func(*process) {},
		"one is cut off":       func(p *process) { _ = p.die() },
		"one loses its leases": func(p *process) { p.lapsed.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, crowd)
			w.conns = 20
			before := w.guests()
			var services []int64
			for range 40 {
				services = append(services, w.order(modest(10_000)))
			}
			one, two := w.newProcess(nil, services...), w.newProcess(nil, services...)
			w.await("half of the clones", patience, func() bool { return w.count("qmclone") >= 20 })
			strike(one)
			one.engine.Wake()
			two.engine.Wake()
			w.awaitAll(90*time.Second, services...)
			w.checkOnce(before, services...)
			for _, id := range services {
				w.checkModest(id, "pve2")
			}
			w.checkRuns(services)
			made := 0
			for _, task := range w.sim.Tasks() {
				switch {
				case task.Type != "qmclone":
				case task.ExitStatus == "OK":
					made++
				default: // an order that left the one process while the other took over; Proxmox refuses it
					t.Logf("task %s ended with %q", task.UPID, task.ExitStatus)
				}
			}
			if made != len(services) {
				t.Errorf("%d clones made for %d orders", made, len(services))
			}
		})
	}
}

// checkRuns sees every status reached exactly once per service.
func (w *world) checkRuns(services []int64) {
	w.t.Helper()
	for _, step := range table(w.t, "deploy").Steps {
		w.checkReached(services, step)
	}
}

func (w *world) checkReached(services []int64, step pipeline.Step[vm.Machine]) {
	w.t.Helper()
	for _, id := range services {
		n := w.db.Text(w.t, `SELECT COUNT(*) FROM kvmbridge_run_steps s JOIN kvmbridge_runs r ON r.id = s.run_id
			WHERE r.service_id = ? AND s.from_status = ? AND s.to_status = ?`, id, string(step.From), string(step.To))
		if n != "1" {
			w.t.Errorf("service %d went from %s to %s %s times", id, step.From, step.To, n)
		}
	}
}
