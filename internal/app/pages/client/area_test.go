package client

import (
	"context"
	"errors"
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

type ownedBy int64

func (o ownedBy) Client(context.Context, int64) (web.Client, int64, error) {
	return web.Client{Known: true, Status: "ready"}, int64(o), nil
}

// Nobody else gets as far as the pages, which this area does not even have.
func TestAnswer_stopsWhoeverIsNotTheOwner(t *testing.T) {
	t.Parallel()
	area := &Area{Views: ownedBy(12)}
	for name, c := range map[string]struct {
		caller bridge.Caller
		post   bool
	}{
		"another client's look":  {bridge.Caller{Kind: bridge.CallerClient, ID: 13}, false},
		"another client's form":  {bridge.Caller{Kind: bridge.CallerClient, ID: 13}, true},
		"a client without an id": {bridge.Caller{Kind: bridge.CallerClient}, true},
		"an admin's form":        {bridge.Caller{Kind: bridge.CallerAdmin, ID: 12}, true},
		"a form of nobody":       {bridge.Caller{Kind: bridge.CallerSystem}, true},
	} {
		for _, query := range []string{"", "kb=backups", "kb=restore&kb_copy=x"} {
			call := bridge.ClientAreaCall{Service: bridge.Service{ID: 7}, Args: bridge.OutputArgs{Query: query, Post: c.post}}
			call.Caller = c.caller
			got, err := area.Answer(t.Context(), call)
			if no, ok := errors.AsType[*bridge.Refusal](err); !ok || no.Code != "not_yours" || got.HTML != "" {
				t.Errorf("%s, %q: %+v, %v", name, query, got, err)
			}
		}
	}
}
