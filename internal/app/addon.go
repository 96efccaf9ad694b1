package app

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store"
)

// addonCommands answers what WHMCS asks of the addon module.
type addonCommands struct {
	store  *store.DB
	router *pages.Router
	// settings have the second word on whether tables go.
	settings *settings.Live
	// retire and revive stop and start the work on the tables.
	retire, revive func()
	// inherit takes over what older modules left; it fails in silence, because the addon works without.
	inherit func(context.Context)
}

var _ bridge.AddonCommands = (*addonCommands)(nil)

// Activate implements bridge.AddonCommands.
func (c *addonCommands) Activate(ctx context.Context, _ bridge.AddonCall) error {
	if err := c.store.Migrate(ctx); err != nil {
		return bridge.Refuse("migration_failed", "The database could not be brought up to date: %s. Run \"kvmbridge migrate\" with a database user that may create tables, then activate again.", err)
	}
	c.inherit(ctx)
	c.revive()
	return nil
}

// Upgrade implements bridge.AddonCommands.
func (c *addonCommands) Upgrade(ctx context.Context, call bridge.UpgradeCall) error {
	return c.Activate(ctx, bridge.AddonCall{Head: call.Head})
}

// Deactivate implements bridge.AddonCommands. Tables go only when the addon's field in WHMCS and the page of settings both say
// so and no VM is left in them: WHMCS's text after a deactivation speaks of the field alone, and a switch on a page that is
// seen once a year shall not surprise whoever deactivates for an update.
func (c *addonCommands) Deactivate(ctx context.Context, call bridge.DeactivateCall) error {
	if !call.Args.DropTables {
		return nil
	}
	c.settings.Forget()
	if !c.settings.Now(ctx).DropTables {
		return bridge.Refuse("tables_kept", "They were kept, because two switches say different things: \"Delete all database tables\" is on here, and off on the addon's own page under Settings > General. Make both say the same and deactivate again.")
	}
	alive, err := c.store.LiveMachines(ctx)
	if err != nil {
		return err
	}
	if alive > 0 {
		recorded, them := fmt.Sprintf("%d VMs are", alive), "them"
		if alive == 1 {
			recorded, them = "1 VM is", "it"
		}
		return bridge.Refuse("machines_left", "%s still recorded, so the tables were kept. Terminate %s first, or switch off \"Delete all database tables\" and deactivate again.", recorded, them)
	}
	c.retire()
	return c.store.DropTables(ctx)
}

// Output implements bridge.AddonCommands.
func (c *addonCommands) Output(ctx context.Context, call bridge.OutputCall) (bridge.Output, error) {
	return c.router.Answer(ctx, call)
}
