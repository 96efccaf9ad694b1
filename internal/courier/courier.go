package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// Courier carries the outbox to WHMCS: each effect exactly once, at once or as soon as WHMCS can take it.
type Courier struct {
	store    *store.DB
	whmcs    *whmcs.DB
	callback *callback.Client
	clock    clock.Clock
	log      *slog.Logger
	webhook  webhook
	woken    chan struct{}
	busy     sync.Mutex // held by the one round of this process
}

const (
	courierPage  = 50
	courierIdle  = 30 * time.Second // longest pause between two looks
	courierRetry = 5 * time.Minute  // longest pause between two tries of one effect
	courierGrace = time.Minute      // how long PHP may be at work on something after it was sent
	courierTurn  = 5 * time.Second  // pause of a mail that waits for another
)

// New makes a courier; webhook is the address that is told when a machine needs a person, "" = nobody.
func New(s *store.DB, w *whmcs.DB, cb *callback.Client, c clock.Clock, log *slog.Logger, webhookURL string) *Courier {
	return &Courier{
		store: s, whmcs: w, callback: cb, clock: c, log: log, woken: make(chan struct{}, 1),
		webhook: webhook{url: webhookURL, http: &http.Client{Timeout: webhookTimeout}},
	}
}

// Wake says that something was put into the outbox.
func (c *Courier) Wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends.
func (c *Courier) Run(ctx context.Context) {
	for ctx.Err() == nil {
		c.busy.Lock()
		_, next, err := c.round(ctx)
		c.busy.Unlock()
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

// Deliver implements bridge.Outbox. A round under way is not waited for: it takes what is due.
func (c *Courier) Deliver(ctx context.Context) (int, error) {
	if !c.busy.TryLock() {
		c.Wake()
		return 0, nil
	}
	defer c.busy.Unlock()
	n, _, err := c.round(ctx)
	return n, err
}

// round tries everything that is due once; next is when the rest will be. A try that began is not cut off by ctx: its
// outcome would be unknown.
func (c *Courier) round(ctx context.Context) (delivered int, next time.Time, err error) {
	effects, next, err := c.store.Pending(ctx, c.clock.Now(), courierPage)
	for _, e := range effects {
		if ctx.Err() != nil {
			return delivered, next, ctx.Err()
		}
		again, err := c.carry(context.WithoutCancel(ctx), e)
		switch {
		case errors.Is(err, pipeline.ErrLost): // another replica carries it
		case err != nil:
			return delivered, next, err
		case again.IsZero():
			delivered++
		case next.IsZero() || again.Before(next):
			next = again
		}
	}
	return delivered, next, err
}

// carry delivers one effect; again is when to try next, zero once WHMCS has it. A try whose outcome was lost is looked
// for in WHMCS's own logs before it is repeated.
func (c *Courier) carry(ctx context.Context, e store.Effect) (again time.Time, err error) {
	if e.Open {
		if done, err := c.traces(ctx, e); err != nil || done {
			return time.Time{}, firstError(err, func() error { return c.store.Delivered(ctx, e, c.clock.Now()) })
		}
	}
	marks, err := c.whmcs.Marks(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if err := c.store.Attempt(ctx, &e, c.clock.Now().Add(courierGrace), store.Mark(marks)); err != nil {
		return time.Time{}, err
	}
	if again, err := c.giveWay(ctx, e); err != nil || !again.IsZero() {
		return again, err
	}
	cause := c.send(ctx, e)
	if cause == nil {
		return time.Time{}, c.store.Delivered(ctx, e, c.clock.Now())
	}
	return c.postpone(ctx, e, cause)
}

// giveWay puts a mail off while it is not known what became of another one to the same client: their traces are alike.
func (c *Courier) giveWay(ctx context.Context, e store.Effect) (again time.Time, err error) {
	if e.Kind != store.KindMail {
		return time.Time{}, nil
	}
	open, err := c.store.Rivals(ctx, e)
	if err != nil || open == 0 {
		return time.Time{}, err
	}
	again = c.clock.Now().Add(courierTurn)
	return again, c.store.Postponed(ctx, e, again, "waits until it is known whether the client got an earlier mail of this kind", false)
}

func firstError(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

// postpone puts an effect off. After a lost answer PHP may still be at work: a repetition before it ended would be a
// second mail.
func (c *Courier) postpone(ctx context.Context, e store.Effect, cause error) (again time.Time, err error) {
	outcome := callback.OutcomeOf(cause)
	pause := min(2*time.Second<<min(e.Attempts, 10), courierRetry)
	if outcome == callback.Unknown {
		pause = max(pause, courierGrace)
	}
	again = c.clock.Now().Add(pause)
	c.log.WarnContext(ctx, "WHMCS did not take a message", slog.Int64("outbox_id", e.ID), slog.Int64("service_id", e.ServiceID),
		slog.String("kind", e.Kind), slog.String("outcome", outcome.String()), slog.Any("err", cause))
	return again, c.store.Postponed(ctx, e, again, cause.Error(), outcome == callback.Unknown)
}

func (c *Courier) send(ctx context.Context, e store.Effect) error {
	id := "outbox-" + strconv.FormatInt(e.ID, 10)
	switch e.Kind {
	case store.KindMail:
		return c.callback.Mail(ctx, id, e.Subject, e.ServiceID, e.Vars)
	case store.KindActivity:
		return c.callback.Activity(ctx, id, e.Subject, e.ClientID)
	case store.KindWebhook:
		return c.webhook.send(ctx, e.ServiceID, e.Subject)
	case store.KindPassword:
		return c.tellPassword(ctx, id, e)
	case store.KindNote:
		return c.callback.ModuleLog(ctx, id, callback.ModuleLogEntry{
			Module: "puqProxmoxKVM", Action: e.Subject, Request: "service " + strconv.FormatInt(e.ServiceID, 10), Response: e.Vars["text"],
		})
	}
	return fmt.Errorf("outbox entry %d is of the unknown kind %q", e.ID, e.Kind)
}

// tellPassword hands a password that we made to WHMCS; doing it twice does no harm. A record that was deleted meanwhile
// leaves nothing to tell.
func (c *Courier) tellPassword(ctx context.Context, id string, e store.Effect) error {
	m, err := c.store.Find(ctx, e.ServiceID)
	switch {
	case errors.Is(err, vm.ErrNoMachine):
		return nil
	case err != nil:
		return err
	case m.PasswordFault != nil:
		return m.PasswordFault
	}
	return c.callback.UpdateClientProduct(ctx, id, callback.ClientProduct{ServiceID: e.ServiceID, Password: bridge.Secret(m.Password)})
}

// traces looks whether an earlier try was carried out after all.
func (c *Courier) traces(ctx context.Context, e store.Effect) (bool, error) {
	switch e.Kind {
	case store.KindMail:
		n, err := c.whmcs.MailsAfter(ctx, e.ClientID, e.Mark.Mail, e.Subject)
		return n > 0, err
	case store.KindActivity:
		return c.whmcs.ActivityAfter(ctx, e.Mark.Activity, e.Subject)
	}
	return false, nil
}
