package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store/legacy"
)

// inherit takes over what older modules left when the addon is activated. The addon works without, so that a failure is
// only told: "kvmbridge import" does it later.
func (s *Sidecar) inherit(ctx context.Context) {
	r, err := s.older.Activation(ctx)
	s.store.Freed()
	if err != nil {
		s.log.ErrorContext(ctx, "the older modules' tables were not taken over; run: kvmbridge import", slog.Any("err", err))
		return
	}
	if r.Found() {
		s.log.InfoContext(ctx, "older modules", slog.String("text", r.Summary()))
	}
}

// takeOver is "kvmbridge import"; a preview needs our tables too.
func takeOver(ctx context.Context, cfg config.Config, o cli.TakeoverOptions, out io.Writer) (whole bool, err error) {
	box, err := sealBox(cfg)
	if err != nil {
		return false, err
	}
	db, err := openStore(ctx, cfg, Options{Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.SchemaCurrent(ctx); err != nil {
		return false, err
	}
	older := legacy.New(db.Handle(), box, clock.System{})
	do := older.Run
	if o.DryRun {
		do = older.Preview
	}
	r, err := do(ctx)
	if err != nil {
		return false, err
	}
	tell := printReport
	if o.JSON {
		tell = jsonReport
	}
	return r.Whole(), tell(out, r)
}

func jsonReport(out io.Writer, r legacy.Report) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// printReport tells of every row in a line.
func printReport(out io.Writer, r legacy.Report) error {
	var text strings.Builder
	for _, p := range []struct {
		title string
		legacy.Part
	}{{"IP pools", r.Pools}, {"DNS zones", r.Zones}, {"VM records", r.Machines}} {
		printPart(&text, p.title, p.Part, r.Preview)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func printPart(text *strings.Builder, title string, p legacy.Part, preview bool) {
	switch {
	case p.Passed != "":
		fmt.Fprintf(text, "%s: %s\n", title, p.Passed)
		return
	case len(p.Tables) == 0:
		fmt.Fprintf(text, "%s: there is nothing to take over.\n", title)
		return
	}
	verb := "taken over"
	if preview {
		verb = "would be taken over"
	}
	fmt.Fprintf(text, "%s (%s): %d %s, %d left\n", title, strings.Join(p.Tables, ", "), len(p.Taken), verb, len(p.Left))
	for _, row := range p.Taken {
		fmt.Fprintf(text, "  take   %s row %s: %s\n", row.Table, row.ID, row.What)
		for _, note := range row.Notes {
			fmt.Fprintf(text, "         note: %s\n", note)
		}
	}
	for _, row := range p.Left {
		fmt.Fprintf(text, "  leave  %s row %s: %s\n         why: %s\n", row.Table, row.ID, row.What, row.Why)
	}
	if len(p.Unknown) > 0 {
		fmt.Fprintf(text, "  columns that nothing is known about: %s\n", strings.Join(p.Unknown, ", "))
	}
}
