package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/audit"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// Auditor reads both sides of an audit and prints what it finds.
type Auditor struct {
	Store *store.DB
	WHMCS *whmcs.DB
	Fleet vm.Fleet
}

// atOnce is how many machines or guests are read at the same time.
const atOnce = 8

// report is an audit as "kvmbridge audit --json" prints it.
type report struct {
	Servers  int             `json:"servers"`  // that were looked at
	Guests   int             `json:"guests"`   // that they hold, whosever they are
	Machines int             `json:"machines"` // records
	Findings []audit.Finding `json:"findings"`
}

// Do prints a report; clean = it found nothing. Of a cluster that cannot be reached it says so in a finding. Orders go on
// while both sides are read, so that only what two looks show is a finding.
func (a *Auditor) Do(ctx context.Context, asJSON bool, out io.Writer) (clean bool, err error) {
	r, err := a.look(ctx)
	if err != nil {
		return false, err
	}
	if len(r.Findings) > 0 {
		again, err := a.look(ctx)
		if err != nil {
			return false, err
		}
		r = again.confirmed(r)
	}
	if asJSON {
		r.Findings = append([]audit.Finding{}, r.Findings...) // never null
		return len(r.Findings) == 0, writeJSON(out, r)
	}
	return len(r.Findings) == 0, r.print(out)
}

// look reads both sides once and compares them.
func (a *Auditor) look(ctx context.Context) (report, error) {
	servers, err := a.WHMCS.Servers(ctx)
	if err != nil {
		return report{}, err
	}
	books, err := a.books(ctx, servers)
	if err != nil {
		return report{}, err
	}
	r := report{Machines: len(books.Machines)}
	var clusters []audit.Cluster
	for _, s := range servers {
		c := a.cluster(ctx, s)
		if c.Fault == "" {
			r.Servers++
		}
		r.Guests += len(c.Guests)
		clusters = append(clusters, c)
	}
	if err := ctx.Err(); err != nil {
		return report{}, err // what could not be read then says nothing about the clusters
	}
	r.Findings = audit.Compare(books, clusters)
	return r, nil
}

// confirmed keeps the findings that an earlier look had too.
func (r report) confirmed(earlier report) report {
	r.Findings = slices.DeleteFunc(r.Findings, func(f audit.Finding) bool {
		return !slices.ContainsFunc(earlier.Findings, func(e audit.Finding) bool {
			return e.Kind == f.Kind && e.ServerID == f.ServerID && e.ServiceID == f.ServiceID && e.VMID == f.VMID
		})
	})
	return r
}

func (r report) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", f.Kind, f.Text)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "Looked at %d servers with %d guests and at %d records: %d findings.\n", r.Servers, r.Guests, r.Machines, len(r.Findings))
	return err
}

// books reads what the database says about the machines of these servers.
func (a *Auditor) books(ctx context.Context, servers []whmcs.Server) (audit.Books, error) {
	var b audit.Books
	var err error
	if b.Instance, err = a.Store.Instance(ctx); err != nil {
		return b, err
	}
	for _, s := range servers {
		rows, err := a.Store.Machines(ctx, s.ID)
		if err != nil {
			return b, err
		}
		list := make([]audit.Machine, len(rows))
		err = forAll(ctx, len(rows), func(ctx context.Context, i int) (err error) {
			list[i], err = a.machine(ctx, rows[i].ServiceID)
			return err
		})
		if err != nil {
			return b, err
		}
		b.Machines = append(b.Machines, list...)
	}
	if b.Lost, err = a.lost(ctx, len(b.Machines)); err != nil {
		return b, err
	}
	billed, err := a.WHMCS.Billed(ctx)
	for _, s := range billed {
		b.Billed = append(b.Billed, audit.Service(s))
	}
	return b, err
}

// machine reads one record with what its service should be.
func (a *Auditor) machine(ctx context.Context, serviceID int64) (audit.Machine, error) {
	s, err := a.Store.Show(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) { // it was forgotten a moment ago
		return audit.Machine{Busy: true}, nil
	}
	if err != nil {
		return audit.Machine{}, err
	}
	m := audit.Machine{Machine: s.Machine, ServiceStatus: s.ServiceStatus, Busy: busy(s)}
	facts, err := a.WHMCS.Facts(ctx, serviceID)
	if err == nil {
		m.Spec, err = vm.Wanted(facts)
	} else if !errors.Is(err, vm.ErrNoService) {
		return m, err
	}
	if err != nil {
		m.SpecFault = err.Error()
	}
	return m, nil
}

// busy tells a machine of which something else is wanted than the guest can show yet.
func busy(s store.Standing) bool {
	switch s.Machine.Status {
	case vm.Removed, vm.ErrorTerminate:
		return false
	case vm.Ready:
		return !idle(s) || s.Machine.Discard
	}
	return true
}

// lost counts the records that none of our servers has.
func (a *Auditor) lost(ctx context.Context, seen int) (int, error) {
	counts, err := a.Store.Counts(ctx)
	all := 0
	for _, n := range counts {
		all += n
	}
	return max(all-seen, 0), err
}

// cluster reads what a server entry's cluster holds.
func (a *Auditor) cluster(ctx context.Context, s whmcs.Server) audit.Cluster {
	c := audit.Cluster{ServerID: s.ID}
	hv, err := a.Fleet.Cluster(ctx, s.ID)
	if err != nil {
		c.Fault = err.Error()
		return c
	}
	all, err := hv.Resources(ctx)
	if err != nil {
		c.Fault = err.Error()
		return c
	}
	c.Guests = make([]audit.Guest, len(all.Guests))
	// Faults of single guests are findings, so that nothing here ends the look at the others.
	_ = forAll(ctx, len(all.Guests), func(ctx context.Context, i int) error {
		c.Guests[i] = read(ctx, hv, all.Guests[i])
		return nil
	})
	return c
}

func read(ctx context.Context, hv hypervisor.Cluster, ref hypervisor.GuestRef) audit.Guest {
	g := audit.Guest{GuestRef: ref}
	if ref.Template {
		return g
	}
	config, err := hv.Config(ctx, ref.Node, ref.VMID)
	switch {
	case errors.Is(err, hypervisor.ErrNoGuest): // a container, or gone since the list was made
	case err != nil:
		g.Fault = strings.TrimSpace(err.Error())
	default:
		g.Config = config
	}
	return g
}

// forAll does n things, some at once.
func forAll(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}
