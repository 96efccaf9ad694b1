package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kvmbridge/kvmbridge/internal/courier"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
)

// fanOut tells several observers, in order.
type fanOut []pipeline.Observer[vm.Machine]

// observers of every run: the live lines, the metrics, and the courier that carries what a settlement put into the outbox.
func observers(live *lines.Lines, o *outcomes, registry *prometheus.Registry, c *courier.Courier) fanOut {
	return fanOut{newMeter(registry), live, o, postman{c}}
}

// Began implements pipeline.Observer.
func (f fanOut) Began(t pipeline.Table[vm.Machine], m *vm.Machine) {
	for _, o := range f {
		o.Began(t, m)
	}
}

// Settled implements pipeline.Observer.
func (f fanOut) Settled(t pipeline.Table[vm.Machine], m *vm.Machine, e pipeline.Entry) {
	for _, o := range f {
		o.Settled(t, m, e)
	}
}

// Stood implements pipeline.Observer.
func (f fanOut) Stood(t pipeline.Table[vm.Machine], m *vm.Machine, e pipeline.Entry, tr pipeline.Trouble) {
	for _, o := range f {
		o.Stood(t, m, e, tr)
	}
}

// Ended implements pipeline.Observer.
func (f fanOut) Ended(t pipeline.Table[vm.Machine], m *vm.Machine) {
	for _, o := range f {
		o.Ended(t, m)
	}
}

// postman wakes the courier when a run may have left something in the outbox.
type postman struct{ *courier.Courier }

// Began implements pipeline.Observer.
func (postman) Began(pipeline.Table[vm.Machine], *vm.Machine) {}

// Settled implements pipeline.Observer.
func (postman) Settled(pipeline.Table[vm.Machine], *vm.Machine, pipeline.Entry) {}

// Stood implements pipeline.Observer.
func (p postman) Stood(_ pipeline.Table[vm.Machine], _ *vm.Machine, _ pipeline.Entry, t pipeline.Trouble) {
	if t.Attention != "" {
		p.Wake()
	}
}

// Ended implements pipeline.Observer.
func (p postman) Ended(pipeline.Table[vm.Machine], *vm.Machine) { p.Wake() }

// meter counts steps and how long they take; labels come from the tables only.
type meter struct {
	steps *prometheus.CounterVec
	took  *prometheus.HistogramVec
	runs  *prometheus.CounterVec
}

func newMeter(registry *prometheus.Registry) *meter {
	m := &meter{
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kvmbridge_steps_total", Help: "Steps by table, step and result."}, []string{"table", "step", "result"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kvmbridge_step_seconds", Help: "Duration of settled steps.",
			Buckets: []float64{0.01, 0.05, 0.2, 1, 5, 15, 60, 300},
		}, []string{"table", "step"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kvmbridge_runs_total", Help: "Runs that reached their end, by table."}, []string{"table"}),
	}
	registry.MustRegister(m.steps, m.took, m.runs)
	return m
}

// Began implements pipeline.Observer.
func (*meter) Began(pipeline.Table[vm.Machine], *vm.Machine) {}

// Settled implements pipeline.Observer.
func (o *meter) Settled(t pipeline.Table[vm.Machine], _ *vm.Machine, e pipeline.Entry) {
	result := "success"
	if e.Skip != "" {
		result = "skip"
	}
	o.steps.WithLabelValues(t.Name, e.Label, result).Inc()
	o.took.WithLabelValues(t.Name, e.Label).Observe(e.Took.Seconds())
}

// Stood implements pipeline.Observer.
func (o *meter) Stood(t pipeline.Table[vm.Machine], _ *vm.Machine, e pipeline.Entry, _ pipeline.Trouble) {
	o.steps.WithLabelValues(t.Name, e.Label, "waiting").Inc()
}

// Ended implements pipeline.Observer.
func (o *meter) Ended(t pipeline.Table[vm.Machine], _ *vm.Machine) {
	o.runs.WithLabelValues(t.Name).Inc()
}
