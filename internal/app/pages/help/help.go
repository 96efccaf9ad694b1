// Package help is the addon's page of links and versions.
package help

import (
	"context"
	"fmt"
	"runtime"
	"strconv"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Facts are the versions that only a running sidecar can find out.
type Facts struct {
	// Schema is the number of the schema that is there and of the one that is built in.
	Schema func(context.Context) (have, want int64, err error)
	// Database is what the server calls itself.
	Database func(context.Context) (string, error)
	// Addon are the settings of the addon as WHMCS keeps them.
	Addon func(context.Context) (map[string]string, error)
}

// New is the page; version and commit are the program's.
func New(facts Facts, version, commit string, w *web.Pages) pages.Page {
	show := func(ctx context.Context, r *pages.Request) (pages.Answer, error) {
		versions := []web.Version{
			{Key: "help_service", Value: version},
			{Key: "help_commit", Value: commit},
			{Key: "help_shim", Value: facts.modules(ctx)},
			{Key: "help_whmcs", Value: r.WHMCS},
			{Key: "help_contract", Value: bridge.ContractVersion},
			{Key: "help_schema", Value: facts.schema(ctx)},
			{Key: "help_database", Value: facts.database(ctx)},
			{Key: "help_go", Value: runtime.Version()},
		}
		html, err := w.Help(web.Help{Site: r.Site, Versions: versions})
		return pages.Answer{HTML: html}, err
	}
	return pages.Page{Show: map[string]pages.Handler{"": show}}
}

// The page shows what it can: people look at it when something is wrong.
func (f Facts) schema(ctx context.Context) string {
	have, want, err := f.Schema(ctx)
	switch {
	case err != nil:
		return err.Error()
	case have == want:
		return strconv.FormatInt(have, 10)
	}
	return fmt.Sprintf("%d, the program wants %d", have, want)
}

func (f Facts) database(ctx context.Context) string {
	name, err := f.Database(ctx)
	if err != nil {
		return err.Error()
	}
	return name
}

func (f Facts) modules(ctx context.Context) string {
	settings, err := f.Addon(ctx)
	if err != nil {
		return err.Error()
	}
	return settings["version"]
}
