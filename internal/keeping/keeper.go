package keeping

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Keeper carries deeds. All fields but the settings are required; it is safe for concurrent use.
type Keeper struct {
	Book      Book
	Records   Records
	Machines  Machines
	Fleet     vm.Fleet
	Catalogue vm.Catalogue
	Clock     clock.Clock
	Log       *slog.Logger
	// Zone is the time zone of WHMCS, in which plans are written.
	Zone func(context.Context) (*time.Location, error)
	// Wake tells the engine that a machine was given back.
	Wake func()

	Settings Settings

	asked chan struct{} // somebody asked since the last look
	once  sync.Once
}

// Settings of the installation.
type Settings struct {
	// PerNode is how many backups run on a node at once. Proxmox works on one and lets the others wait; default 2, so that none
	// of its time is lost between two.
	PerNode int
	// Poll is how often a task of Proxmox is looked at; default 5 s.
	Poll time.Duration
	// Hold is how long a machine stays held after the last look; default 15 min. It must be longer than the longest pause
	// between two runs of the tasks.
	Hold time.Duration
	// Patience is how long failures that pass by themselves are repeated before a try counts as failed; default 1 h.
	Patience time.Duration
}

// lease is how long one look at a deed may take.
const lease = 5 * time.Minute

// parallel is how many deeds one call carries at once.
const parallel = 8

func (k *Keeper) poll() time.Duration     { return orElse(k.Settings.Poll, 5*time.Second) }
func (k *Keeper) hold() time.Duration     { return orElse(k.Settings.Hold, 15*time.Minute) }
func (k *Keeper) patience() time.Duration { return orElse(k.Settings.Patience, time.Hour) }
func (k *Keeper) perNode() int            { return int(orElse(time.Duration(k.Settings.PerNode), 2)) }

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// outcome is what one look at a deed came to.
type outcome struct {
	deed Deed
	err  error // the try failed, or the deed cannot be carried
	text string
}

// line is the detail of a task's output (product-spec §12.6, L11).
func (o outcome) line() string {
	return fmt.Sprintf("sid:%d action:%s [%s]", o.deed.ServiceID, o.deed.Kind, o.text)
}

// carry looks once at every due deed of these kinds, several at a time.
func (k *Keeper) carry(ctx context.Context, kinds ...Kind) ([]outcome, error) {
	ids, err := k.Book.Due(ctx, k.Clock.Now(), kinds...)
	if err != nil {
		return nil, err
	}
	all := make([]*outcome, len(ids))
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i, id := range ids {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			all[i] = k.look(ctx, id)
		})
	}
	group.Wait()
	var out []outcome
	for _, o := range all {
		if o != nil {
			out = append(out, *o)
		}
	}
	return out, ctx.Err()
}

// look claims a deed and carries it as far as it goes; nil when somebody else has it.
func (k *Keeper) look(ctx context.Context, id int64) *outcome {
	now := k.Clock.Now()
	d, err := k.Book.Claim(ctx, id, now, now.Add(lease))
	switch {
	case errors.Is(err, pipeline.ErrNotDue):
		return nil
	case err != nil:
		return &outcome{deed: Deed{ID: id}, err: err, text: err.Error()}
	}
	w := &work{Deed: &d}
	o := k.judge(ctx, w, k.proceed(ctx, w))
	if errors.Is(o.err, pipeline.ErrLost) {
		return nil
	}
	return &o
}

// proceed goes through the phases until one has to wait or fails.
func (k *Keeper) proceed(ctx context.Context, w *work) error {
	if err := k.room(ctx, w); err != nil {
		return err
	}
	if err := k.open(ctx, w); err != nil {
		return err
	}
	chain := chains[w.Kind]
	for {
		i := slices.IndexFunc(chain, func(s step) bool { return s.at == w.Phase })
		if i < 0 {
			return final(fmt.Errorf("a %s has no phase %q", w.Kind, w.Phase))
		}
		if err := k.keep(ctx, w); err != nil {
			return err
		}
		if err := chain[i].do(k, ctx, w); err != nil {
			return err
		}
		if i == len(chain)-1 {
			return nil
		}
		if err := k.enter(ctx, w, chain[i+1].at); err != nil {
			return err
		}
	}
}

// enter writes down that the next phase begins.
func (k *Keeper) enter(ctx context.Context, w *work, p Phase) error {
	w.Phase, w.Task, w.Called, w.Since, w.Failing, w.LastError = p, "", time.Time{}, k.Clock.Now(), time.Time{}, ""
	return k.save(ctx, w)
}

// save writes a deed in the middle of a look.
func (k *Keeper) save(ctx context.Context, w *work) error {
	now := k.Clock.Now()
	e := w.effects
	w.effects = Effects{}
	return k.Book.Save(ctx, w.Deed, e, now, now.Add(lease))
}

// keep prolongs the hold on the machine of a deed that runs. When it was taken away the machine was ordered to become something else.
func (k *Keeper) keep(ctx context.Context, w *work) error {
	if !w.Running {
		return nil
	}
	now := k.Clock.Now()
	err := k.Book.Hold(ctx, w.Deed, now, now.Add(k.hold()))
	if errors.Is(err, vm.ErrRefused) || errors.Is(err, vm.ErrNoMachine) {
		k.interrupt(ctx, w)
		return final(fmt.Errorf("the machine was ordered to become something else meanwhile: %w", err))
	}
	return busy(err)
}

// interrupt ends what Proxmox does for a deed that lost its machine, lest a termination waits hours for a backup.
func (k *Keeper) interrupt(ctx context.Context, w *work) {
	if w.Task == "" {
		return
	}
	if err := w.hv.StopTask(ctx, w.Task); err != nil {
		k.Log.WarnContext(ctx, "stop a task", slog.Int64("service_id", w.ServiceID), slog.String("task", w.Task), slog.Any("err", err))
	}
}

// busy turns somebody else's work into a wait.
func busy(err error) error {
	if errors.Is(err, ErrBusy) {
		return pipeline.Wait(busyPause, err.Error())
	}
	return err
}

const busyPause = 15 * time.Second

// judge writes down what a look came to.
func (k *Keeper) judge(ctx context.Context, w *work, err error) outcome {
	now := k.Clock.Now()
	wait, waits := errors.AsType[pipeline.WaitError](err)
	no, refused := errors.AsType[retention.RefusalError](err)
	switch {
	case errors.Is(err, pipeline.ErrLost), ctx.Err() != nil:
		return outcome{deed: *w.Deed, err: pipeline.ErrLost} // whoever has it, or looks next, goes on
	case err == nil:
		return k.end(ctx, w, Done, nil)
	case waits:
		w.Failing = time.Time{}
		return k.rest(ctx, w, now.Add(wait.For), nil, wait.Error())
	case refused && no.Passes:
		w.LastError = no.Text
		return k.rest(ctx, w, now.Add(busyPause), nil, no.Text)
	case k.passes(w, now, err):
		w.LastError = err.Error()
		return k.rest(ctx, w, now.Add(pause(now.Sub(w.Failing))), err, err.Error())
	}
	return k.fail(ctx, w, err)
}

// passes tells whether a failure may go away by itself, and has not had the time for it.
func (k *Keeper) passes(w *work, now time.Time, err error) bool {
	if w.Failing.IsZero() {
		w.Failing = now
	}
	_, refused := errors.AsType[retention.RefusalError](err)
	return !refused && pipeline.FaultOf(err) == pipeline.Transient && now.Sub(w.Failing) < k.patience()
}

// pause grows with the time that something has failed for, from 10 s to 5 min.
func pause(failing time.Duration) time.Duration {
	return min(max(failing/2, 10*time.Second), 5*time.Minute)
}

// rest writes down that a deed is to be looked at again.
func (k *Keeper) rest(ctx context.Context, w *work, due time.Time, err error, text string) outcome {
	w.effects.Release = w.effects.Release || w.Phase == Queued // what has not begun keeps nobody waiting
	if lost := k.Book.Save(ctx, w.Deed, w.effects, k.Clock.Now(), due); lost != nil {
		return outcome{*w.Deed, lost, lost.Error()}
	}
	return outcome{*w.Deed, err, text}
}

// end writes down that a deed is over and gives the machine back.
func (k *Keeper) end(ctx context.Context, w *work, p Phase, err error) outcome {
	w.Phase, w.Task, w.effects.Release = p, "", true
	o := k.rest(ctx, w, time.Time{}, err, "success")
	if err != nil && o.text == "success" {
		o.text = err.Error()
	}
	k.Wake()
	return o
}

// fail ends a try. What the plan wants is tried again until the next slot; what a person asked for is over. A person is told once.
func (k *Keeper) fail(ctx context.Context, w *work, err error) outcome {
	_, refused := errors.AsType[retention.RefusalError](err)
	err = explained(w, err)
	w.Failures++
	w.LastError = err.Error()
	if w.Failures == 1 && (!w.Slot.IsZero() || w.Kind == Restore) {
		w.effects.Alarm = fmt.Sprintf("kvmbridge: the %s of service %d failed: %v", w.Kind, w.ServiceID, err)
	}
	if w.Slot.IsZero() || refused || isFinal(err) {
		return k.end(ctx, w, Failed, err)
	}
	w.Phase, w.Task, w.Called, w.Failing, w.effects.Release = Queued, "", time.Time{}, time.Time{}, true
	o := k.rest(ctx, w, k.Clock.Now().Add(retryPause(w.Failures)), err, err.Error())
	k.Wake()
	return o
}

// retryPause is a quarter of an hour, then twice as long each time, up to six hours.
func retryPause(failures int) time.Duration {
	return min(15*time.Minute<<min(failures-1, 5), 6*time.Hour)
}

// finalError is a failure that another try cannot mend.
type finalError struct{ error }

func (f finalError) Unwrap() error       { return f.error }
func (finalError) Fault() pipeline.Fault { return pipeline.Permanent }
func final(err error) error              { return finalError{err} }
func isFinal(err error) (is bool)        { _, is = errors.AsType[finalError](err); return is }
