package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// Office answers questions about zones and records, and takes orders for them. All fields but Undo are required.
type Office struct {
	Store  *store.DB
	WHMCS  *whmcs.DB
	Book   Book
	Keeper *keeper.Keeper
	// Open makes the provider of a zone, as the keeper's does.
	Open  func(zones.Zone) (dns.Provider, error)
	Clock clock.Clock
	// By says who gives the orders, for WHMCS's activity log.
	By string
	// Undo is how long a termination can be taken back; 0 = not at all.
	Undo time.Duration
}

// Do answers one "kvmbridge dns"; well = nothing failed and nothing is left to do. Errors are sentences, zones.FormErrors where a
// zone was typed; nothing was changed then.
func (f *Office) Do(ctx context.Context, o cli.RecordOptions, out io.Writer) (well bool, err error) {
	do, ok := map[cli.RecordDeed]func(context.Context, cli.RecordOptions, io.Writer) (bool, error){
		cli.RecordsPlan: f.plan, cli.RecordsSync: f.sync, cli.RecordsRetry: f.retry,
		cli.ZonesList: f.zones, cli.ZoneAdd: f.add, cli.ZoneEdit: f.edit, cli.ZoneDelete: f.delete, cli.ZoneTest: f.test,
	}[o.Deed]
	if !ok {
		return false, fmt.Errorf("there is no such thing to do with DNS: %q", o.Deed)
	}
	return do(ctx, o, out)
}

// desk is where zones are changed. Nobody has to be woken: a running sidecar looks at the tables by itself.
func (f *Office) desk() *zonedesk.Desk {
	return &zonedesk.Desk{Book: f.Book, Open: f.Open, Clock: f.Clock, Wake: func() {}}
}

var errNoZones = errors.New("no DNS zone is configured: add one with \"kvmbridge dns zones add\"")
