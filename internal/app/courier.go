package app

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// courier carries the outbox to WHMCS: each effect exactly once, at once or as soon as WHMCS can take it.
type courier struct {
	store    *store.DB
	whmcs    *whmcs.DB
	callback *callback.Client
	clock    clock.Clock
	log      *slog.Logger
	woken    chan struct{}
}

const (
	courierPage  = 50
	courierIdle  = 30 * time.Second // longest pause between two looks
	courierRetry = 5 * time.Minute  // longest pause between two tries of one effect
)

func newCourier(s *store.DB, w *whmcs.DB, cb *callback.Client, c clock.Clock, log *slog.Logger) *courier {
	return &courier{store: s, whmcs: w, callback: cb, clock: c, log: log, woken: make(chan struct{}, 1)}
}

// Wake says that something was put into the outbox.
func (c *courier) Wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends.
func (c *courier) Run(ctx context.Context) {
	for ctx.Err() == nil {
		_, next, err := c.round(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "deliver the outbox", slog.Any("err", err))
		}
		pause := courierIdle
		if !next.IsZero() {
			pause = max(min(next.Sub(c.clock.Now()), courierIdle), 10*time.Millisecond)
		}
		select {
		case <-ctx.Done():
		case <-c.woken:
		case <-c.clock.After(pause):
		}
	}
}

// Deliver implements bridge.Outbox.
func (c *courier) Deliver(ctx context.Context) (int, error) {
	n, _, err := c.round(ctx)
	return n, err
}

// round tries everything that is due once; next is when the rest will be.
func (c *courier) round(ctx context.Context) (delivered int, next time.Time, err error) {
	effects, next, err := c.store.Pending(ctx, c.clock.Now(), courierPage)
	for _, e := range effects {
		ok, err := c.carry(ctx, e)
		if err != nil {
			return delivered, next, err
		}
		if ok {
			delivered++
		}
	}
	return delivered, next, err
}

// carry delivers one effect. A try whose outcome was lost is looked for in WHMCS's own logs before it is repeated.
func (c *courier) carry(ctx context.Context, e store.Effect) (bool, error) {
	if e.Open {
		done, err := c.traces(ctx, e)
		if err != nil || done {
			return done, firstError(err, func() error { return c.store.Delivered(ctx, e, c.clock.Now()) })
		}
	}
	marks, err := c.whmcs.Marks(ctx)
	if err != nil {
		return false, err
	}
	if err := c.store.Attempt(ctx, &e, c.clock.Now().Add(time.Minute), store.Mark(marks)); err != nil {
		return false, err
	}
	cause := c.send(ctx, e)
	if cause == nil {
		return true, c.store.Delivered(ctx, e, c.clock.Now())
	}
	return false, c.postpone(ctx, e, cause)
}

func firstError(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func (c *courier) postpone(ctx context.Context, e store.Effect, cause error) error {
	outcome := callback.OutcomeOf(cause)
	pause := min(2*time.Second<<min(e.Attempts, 10), courierRetry)
	c.log.WarnContext(ctx, "WHMCS did not take a message", slog.Int64("outbox_id", e.ID), slog.Int64("service_id", e.ServiceID),
		slog.String("kind", e.Kind), slog.String("outcome", outcome.String()), slog.Any("err", cause))
	return c.store.Postponed(ctx, e, c.clock.Now().Add(pause), cause.Error(), outcome == callback.Unknown)
}

func (c *courier) send(ctx context.Context, e store.Effect) error {
	id := "outbox-" + strconv.FormatInt(e.ID, 10)
	switch e.Kind {
	case store.KindMail:
		return c.callback.Mail(ctx, id, e.Subject, e.ServiceID, e.Vars)
	case store.KindActivity:
		return c.callback.Activity(ctx, id, e.Subject, e.ClientID)
	case store.KindPassword:
		return c.tellPassword(ctx, id, e)
	}
	return fmt.Errorf("outbox entry %d is of the unknown kind %q", e.ID, e.Kind)
}

// tellPassword hands a password that we made to WHMCS; doing it twice does no harm.
func (c *courier) tellPassword(ctx context.Context, id string, e store.Effect) error {
	m, err := c.store.Find(ctx, e.ServiceID)
	if err != nil {
		return err
	}
	return c.callback.UpdateClientProduct(ctx, id, callback.ClientProduct{ServiceID: e.ServiceID, Password: bridge.Secret(m.Password)})
}

// traces looks whether an earlier try was carried out after all.
func (c *courier) traces(ctx context.Context, e store.Effect) (bool, error) {
	switch e.Kind {
	case store.KindMail:
		return c.whmcs.MailSentAfter(ctx, e.ClientID, e.Mark.Mail, e.Subject)
	case store.KindActivity:
		return c.whmcs.ActivityAfter(ctx, e.Mark.Activity, e.Subject)
	}
	return false, nil
}
