package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// patience is how long "kvmbridge dns sync" waits for providers, from the last order on.
const patience = time.Minute

// ordered is an order of one service, or why it was not given.
type ordered struct {
	serviceID int64
	order     keeper.Order
	put       bool   // order was written down
	note      string // for a person; "" = nothing to say
	left      bool   // somebody else has to do it still
}

// sync is "kvmbridge dns sync".
func (f *Office) sync(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	look, err := f.lookAhead(ctx, o.Service)
	if err != nil {
		return false, err
	}
	if mass, ok := errors.AsType[*dns.MassError](look.guard()); ok && !o.Force {
		return false, fmt.Errorf("%w: nothing was ordered; look at \"kvmbridge dns plan\", and repeat with --force if that is meant", mass)
	}
	stop := f.carryOut(ctx)
	defer stop()
	orders := make([]ordered, len(look.ids))
	for i, id := range look.ids {
		if orders[i], err = f.order(ctx, id); err != nil {
			return false, err
		}
	}
	end, total := f.Clock.Now().Add(patience), dns.Report{}
	for _, order := range orders {
		if err := f.tell(ctx, order, end, o.All, &total, out); err != nil {
			return false, err
		}
	}
	_, err = fmt.Fprintln(out, total.Summary())
	return !total.Failed() && total.Pending == 0, err
}

// carryOut works on due records in this process until stop is called. A sidecar may do the same at the same time: they take
// turns, and whichever is first does it.
func (f *Office) carryOut(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Keeper.Run(ctx)
	}()
	return func() { cancel(); <-done }
}

// order orders the records of a service. Nothing holds the machine meanwhile, so it is read again afterwards: an order that
// was overtaken must not leave records that nobody owns.
func (f *Office) order(ctx context.Context, id int64) (o ordered, err error) {
	o.serviceID = id
	before, err := f.service(ctx, id)
	switch {
	case err != nil:
		return o, err
	case before.ending():
		o.note = fmt.Sprintf("its VM is at %q: the termination has its records, nothing was ordered", before.status)
		return o, nil
	case before.busy():
		return o, f.remember(ctx, before, &o)
	}
	if o.order, err = f.Keeper.Order(ctx, before.guest); err != nil {
		return o, err
	}
	o.put = true
	after, err := f.service(ctx, id)
	switch {
	case err != nil || after.same(before):
		return o, err
	case after.live():
		return o, f.remember(ctx, after, &o)
	case after.held || after.status == vm.ErrorTerminate: // what ends it for good comes to the records
		o.note = fmt.Sprintf("its VM is at %q now: the termination has its records", after.status)
		return o, nil
	}
	o.note = "it ended meanwhile"
	o.order, err = f.Keeper.Order(ctx, dns.Guest{ServiceID: id})
	return o, err
}

// remember leaves the order to the machine's pipeline, which writes the records when it is done with what it does.
func (f *Office) remember(ctx context.Context, s service, o *ordered) error {
	err := f.Store.Wish(ctx, s.guest.ServiceID, vm.SetDNSRecords)
	if errors.Is(err, vm.ErrRefused) || errors.Is(err, vm.ErrNoMachine) {
		o.note = "it ended meanwhile; its termination has its records"
		return nil
	}
	o.note = fmt.Sprintf("its VM is at %q: a running kvmbridge serve sets the records when that has ended", s.status)
	o.left = true
	return err
}

// tell prints the outcome of one order and adds it to the total.
func (f *Office) tell(ctx context.Context, o ordered, end time.Time, named bool, total *dns.Report, out io.Writer) error {
	var r dns.Report
	if o.put {
		var err error
		if r, err = f.Keeper.Outcome(ctx, o.order, max(end.Sub(f.Clock.Now()), 0)); err != nil {
			return err
		}
	}
	text, indent := strings.Builder{}, ""
	if named {
		indent = "  "
		fmt.Fprintf(&text, "service %d\n", o.serviceID)
	}
	for _, line := range r.Lines {
		fmt.Fprintf(&text, "%s%s\n", indent, line)
	}
	switch {
	case o.note != "":
		fmt.Fprintf(&text, "%s%s\n", indent, o.note)
	case len(r.Lines) == 0:
		fmt.Fprintf(&text, "%sno zone holds its names\n", indent)
	}
	add(total, r)
	if o.left {
		total.Pending++
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func add(total *dns.Report, r dns.Report) {
	total.ForwardOK, total.ForwardErr = total.ForwardOK+r.ForwardOK, total.ForwardErr+r.ForwardErr
	total.ReverseOK, total.ReverseErr = total.ReverseOK+r.ReverseOK, total.ReverseErr+r.ReverseErr
	total.Pending += r.Pending
	total.Errors = append(total.Errors, r.Errors...)
}

// retry is "kvmbridge dns retry".
func (f *Office) retry(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	if o.Service != 0 {
		if err := f.known(ctx, o.Service); err != nil {
			return false, err
		}
	}
	if o.Zone != 0 {
		if _, err := f.desk().Zone(ctx, o.Zone); err != nil {
			return false, hinted(err, "")
		}
	}
	n, err := f.Book.RetryDNS(ctx, o.Service, o.Zone, f.Clock.Now())
	switch {
	case err != nil:
		return false, err
	case n == 0:
		_, err = fmt.Fprintln(out, "No DNS record is failed there: nothing was changed.")
	case n == 1:
		_, err = fmt.Fprintln(out, "1 DNS record is due now: a running kvmbridge serve takes it within seconds.")
	default:
		_, err = fmt.Fprintf(out, "%d DNS records are due now: a running kvmbridge serve takes them within seconds.\n", n)
	}
	return true, err
}
