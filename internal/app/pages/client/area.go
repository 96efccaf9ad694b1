package client

import (
	"context"
	"errors"
	"log/slog"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/copies"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Views says what the owner of a service sees of its machine, and who that is (0 = unknown).
type Views interface {
	Client(ctx context.Context, serviceID int64) (web.Client, int64, error)
}

// Area needs all of its fields.
type Area struct {
	Views  Views
	Copies *copies.Page
	Web    *web.Pages
	Log    *slog.Logger
}

// Owned is the overview of a service; a refusal when a client asks for another's.
func (a *Area) Owned(ctx context.Context, caller bridge.Caller, serviceID int64) (web.Client, error) {
	block, owner, err := a.Views.Client(ctx, serviceID)
	if err != nil {
		return web.Client{}, err
	}
	if caller.Kind == bridge.CallerClient && owner != 0 && caller.ID != owner {
		return web.Client{}, bridge.Refuse("not_yours", "This service belongs to another client.")
	}
	return block, nil
}

// Answer is the page that a call asks for, or what came of a form. Nothing is looked at or done before the owner is checked, and
// only he changes something.
func (a *Area) Answer(ctx context.Context, call bridge.ClientAreaCall) (bridge.Output, error) {
	block, err := a.Owned(ctx, call.Caller, call.Service.ID)
	if err != nil {
		return bridge.Output{}, err
	}
	if call.Args.Post && call.Caller.Kind != bridge.CallerClient {
		return bridge.Output{}, bridge.Refuse("not_yours", "Only the owner of a service orders something in the client area.")
	}
	r, err := pages.ClientRequest(call)
	if s, ok := errors.AsType[desk.Sentence](err); ok {
		return bridge.Output{}, bridge.Refuse("bad_request", "%s", string(s))
	}
	if err != nil {
		return bridge.Output{}, err
	}
	if block.Known && copies.ForClients(r.Page) {
		answer, err := a.Copies.Client(ctx, r)
		return answer.Output(), err
	}
	return a.overview(ctx, r, block)
}

// overview lacks its links when the package cannot be read, which is nothing that a client can mend.
func (a *Area) overview(ctx context.Context, r *pages.Request, block web.Client) (bridge.Output, error) {
	if block.Known {
		links, err := a.Copies.Links(ctx, r)
		if err != nil {
			a.Log.WarnContext(ctx, "read what a package grants", slog.String("service_id", r.Query.Get("id")), slog.Any("err", err))
		}
		block.Links = links
	}
	html, err := a.Web.ClientBlock(block)
	return bridge.Output{HTML: html}, err
}
