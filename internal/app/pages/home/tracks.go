package home

import (
	"cmp"
	"context"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/overview"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// mark is where a status stands in its table of steps.
type mark struct {
	title, label string
	step, of     int
}

// tracks are the marks of all statuses on the way.
type tracks map[pipeline.State]mark

func newTracks() tracks {
	all := tracks{}
	for _, table := range new(vm.Steps).Tables() {
		for i, step := range table.Steps {
			all[step.From] = mark{table.Title, step.Label, i, len(table.Steps)}
		}
	}
	return all
}

func (t tracks) progress(m overview.Moving) web.Progress {
	at := t[m.Status]
	return web.Progress{
		ServiceID: m.ServiceID, Name: m.Name, Action: cmp.Or(at.title, string(m.Status)), Status: string(m.Status), Label: at.label,
		Step: at.step, Of: max(at.of, 1), LastError: m.LastError,
	}
}

// counts fills in how many machines stand where, the most first.
func (p *page) counts(ctx context.Context, h *web.Home) error {
	counts, err := p.machines.Counts(ctx)
	for status, n := range counts {
		h.Counts = append(h.Counts, web.Count{Status: string(status), VMs: n})
	}
	slices.SortFunc(h.Counts, func(a, b web.Count) int { return cmp.Or(b.VMs-a.VMs, cmp.Compare(a.Status, b.Status)) })
	return err
}
