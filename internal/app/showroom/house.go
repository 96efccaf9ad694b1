package showroom

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/app"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// house is a sidecar with what one looks at from outside.
type house struct {
	*app.Sidecar
	store *store.DB
	whmcs *whmcs.DB
	clock clock.Clock
}

func open(ctx context.Context, cfg config.Config, o app.Options) (*house, error) {
	s, err := app.NewSidecar(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	return &house{s, s.Store(), whmcs.New(s.Store().Handle()), o.Clock}, nil
}

// start runs s in the background; the returned function ends it and gives everything back.
func (s *house) start(ctx context.Context) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() error {
		cancel()
		err := <-done
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, s.Close())
	}
}
