package views

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
	"github.com/kvmbridge/kvmbridge/internal/web"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// Views reads what pages show.
type Views struct {
	Store *store.DB
	WHMCS *whmcs.DB
}

// VM is everything about one service's machine; a zero VM when it has none.
func (v *Views) VM(ctx context.Context, serviceID int64) (web.VM, error) {
	s, err := v.Store.Show(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) {
		return web.VM{ServiceID: serviceID}, nil
	}
	if err != nil {
		return web.VM{}, err
	}
	m := s.Machine
	out := web.VM{
		ServiceID: serviceID, VMID: m.VMID, Name: m.Name, Node: m.Node, Status: string(m.Status), Suspended: m.Suspended,
		LastError: m.LastError, Attention: m.Attention, Next: next(s), Addresses: texts(m.Addresses),
	}
	run, ok, err := v.Store.LastRun(ctx, serviceID)
	if err == nil && ok {
		out.LastRun = shown(run)
	}
	return out, err
}

// next is what comes of an error: a next try, a person, or the event that the error's own text names.
func next(s store.Standing) web.Next {
	switch {
	case s.Machine.LastError == "":
		return web.NothingNext
	case s.Machine.Status == vm.ErrorTerminate:
		return web.NoNextTry
	case s.Machine.Failures == 0: // it waits, for what its text says
		return web.NothingNext
	case s.Holder != "", !s.WakeAt.IsZero():
		return web.NextTry
	}
	return web.NothingNext
}

func texts(leases []ippool.Lease) []string {
	var out []string
	for _, l := range leases {
		out = append(out, l.Address.String())
	}
	return out
}

func shown(r store.RunLog) *web.Run {
	out := &web.Run{Action: r.Action, Result: r.Result, Good: r.Result == "success" || r.Result == "running", Started: r.Started, Finished: r.Finished}
	for _, s := range r.Steps {
		step := web.Step{N: s.N, Label: s.Label, Result: s.Result, Good: s.Result == "success", Duration: lines.Seconds(s.Took.Round(10 * time.Millisecond)), Details: s.Details}
		if s.Skip != "" {
			step.Result = "skip (" + s.Skip + ")"
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// Client is what the owner sees, and who the owner is (0 = unknown).
func (v *Views) Client(ctx context.Context, serviceID int64) (web.Client, int64, error) {
	facts, err := v.WHMCS.Facts(ctx, serviceID)
	if errors.Is(err, vm.ErrNoService) {
		return web.Client{}, 0, nil
	}
	if err != nil {
		return web.Client{}, 0, err
	}
	m, err := v.Store.Find(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) {
		return web.Client{}, facts.ClientID, nil
	}
	if err != nil {
		return web.Client{}, 0, err
	}
	held, err := v.Store.Held(ctx, serviceID)
	return web.Client{
		Known: true, Status: string(m.Status), Suspended: m.Suspended, Name: m.Name, Domain: m.Domain, Username: m.Username, Addresses: texts(held),
	}, facts.ClientID, err
}

// ProductSettings is the JSON of a product, as it is saved.
func (v *Views) ProductSettings(ctx context.Context, productID int64) (string, error) {
	return v.WHMCS.ProductSettings(ctx, productID)
}
