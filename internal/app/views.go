package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/records"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
	"github.com/kvmbridge/kvmbridge/internal/web"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// views gathers what pages show.
type views struct {
	store   *store.DB
	whmcs   *whmcs.DB
	dns     records.Book
	version string
}

// worriesShown is how many machines the status page lists; the rest is counted on the cards.
const worriesShown = 100

func (v *views) home(ctx context.Context) (web.Home, error) {
	home := web.Home{Version: v.version}
	counts, err := v.store.Counts(ctx)
	if err != nil {
		return home, err
	}
	for status, n := range counts {
		home.Counts = append(home.Counts, web.Count{Status: string(status), VMs: n})
	}
	slices.SortFunc(home.Counts, func(a, b web.Count) int { return cmp.Or(b.VMs-a.VMs, cmp.Compare(a.Status, b.Status)) })
	worries, err := v.store.Worries(ctx, worriesShown)
	if err != nil {
		return home, err
	}
	for _, w := range worries {
		home.Attention = append(home.Attention, web.VM{ServiceID: w.ServiceID, Name: w.Name, Status: w.Status, Attention: w.Attention, Since: w.Since})
	}
	if home.Waiting, err = v.store.Waiting(ctx); err != nil {
		return home, err
	}
	home.DNS, err = v.dns.Trouble(ctx)
	return home, err
}

// vm is everything about one service's machine; a zero VM when it has none.
func (v *views) vm(ctx context.Context, serviceID int64) (web.VM, error) {
	m, err := v.store.Find(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) {
		return web.VM{ServiceID: serviceID}, nil
	}
	if err != nil {
		return web.VM{}, err
	}
	out := web.VM{
		ServiceID: serviceID, VMID: m.VMID, Name: m.Name, Node: m.Node, Status: string(m.Status), Suspended: m.Suspended,
		LastError: m.LastError, Attention: m.Attention,
	}
	if out.Addresses, err = v.addresses(ctx, serviceID); err != nil {
		return out, err
	}
	run, ok, err := v.store.LastRun(ctx, serviceID)
	if err == nil && ok {
		out.LastRun = shown(run)
	}
	return out, err
}

func (v *views) addresses(ctx context.Context, serviceID int64) ([]string, error) {
	held, err := v.store.Held(ctx, serviceID)
	var out []string
	for _, l := range held {
		out = append(out, l.Address.String())
	}
	return out, err
}

func shown(r store.RunLog) *web.Run {
	out := &web.Run{Action: r.Action, Result: r.Result, Good: r.Result == "success" || r.Result == "running", Started: r.Started, Finished: r.Finished}
	for _, s := range r.Steps {
		step := web.Step{N: s.N, Label: s.Label, Result: s.Result, Good: s.Result == "success", Duration: lines.Seconds(s.Took.Round(10 * time.Millisecond))}
		if s.Skip != "" {
			step.Result = "skip (" + s.Skip + ")"
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// client is what the owner sees, and who the owner is (0 = unknown).
func (v *views) client(ctx context.Context, serviceID int64) (web.Client, int64, error) {
	facts, err := v.whmcs.Facts(ctx, serviceID)
	if errors.Is(err, vm.ErrNoService) {
		return web.Client{}, 0, nil
	}
	if err != nil {
		return web.Client{}, 0, err
	}
	m, err := v.store.Find(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) {
		return web.Client{}, facts.ClientID, nil
	}
	if err != nil {
		return web.Client{}, 0, err
	}
	addresses, err := v.addresses(ctx, serviceID)
	return web.Client{
		Known: true, Status: string(m.Status), Suspended: m.Suspended, Name: m.Name, Domain: m.Domain, Username: m.Username, Addresses: addresses,
	}, facts.ClientID, err
}

func (v *views) productSettings(ctx context.Context, productID int64) (string, error) {
	return v.whmcs.ProductSettings(ctx, productID)
}
