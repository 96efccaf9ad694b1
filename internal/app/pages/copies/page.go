package copies

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Keeper takes orders; a refusal is a retention.RefusalError.
type Keeper interface {
	Ask(ctx context.Context, o keeping.Order) (int64, error)
	SavePlan(ctx context.Context, serviceID int64, kind keeping.Kind, w retention.Week, by string) error
	Terms(ctx context.Context, serviceID int64) (keeping.Terms, error)
}

// Lists asks the cluster of a machine, newest copy first.
type Lists interface {
	Backups(ctx context.Context, serviceID int64) ([]hypervisor.Backup, error)
	Snapshots(ctx context.Context, serviceID int64) ([]hypervisor.Snapshot, error)
}

// Book is what the database knows of copies.
type Book interface {
	History(ctx context.Context, serviceID int64, limit int) ([]keeping.Deed, error)
	Plan(ctx context.Context, serviceID int64, kind keeping.Kind) (keeping.Planned, error)
	LastGood(ctx context.Context, serviceID int64) (keeping.Good, error)
}

// Machines is what is known of a VM.
type Machines interface {
	Show(ctx context.Context, serviceID int64) (store.Standing, error)
}

// Page needs all of its fields.
type Page struct {
	Keeper   Keeper
	Lists    Lists
	Book     Book
	Machines Machines
	Clock    clock.Clock
	Zone     func(context.Context) (*time.Location, error) // of WHMCS
	Limit    func(context.Context) time.Duration           // for the cluster to answer
	Ordered  func()                                        // something may be in the outbox
	Web      *web.Pages
}

// Parts are the page copies and its questions, each named as the kind of its deed.
func (p *Page) Parts() pages.Page {
	all := pages.Page{Show: map[string]pages.Handler{"copies": p.show}, Do: map[string]pages.Handler{"plan": p.plan}}
	for _, kind := range []keeping.Kind{keeping.Backup, keeping.Snapshot, keeping.Restore, keeping.Rollback, keeping.DropBackup, keeping.DropSnapshot} {
		all.Do[string(kind)] = p.order(kind)
		if shelfOf(kind) != kind {
			all.Show[string(kind)] = p.question(kind)
		}
	}
	return all
}

// shelfOf is the kind of the copies that an order is about; those for a new one are their own.
func shelfOf(kind keeping.Kind) keeping.Kind {
	switch kind {
	case keeping.Restore, keeping.DropBackup:
		return keeping.Backup
	case keeping.Rollback, keeping.DropSnapshot:
		return keeping.Snapshot
	case keeping.Backup, keeping.Snapshot:
	}
	return kind
}

// sight is what every piece of the page needs.
type sight struct {
	*pages.Request
	store.Standing
	id    int64
	zone  *time.Location
	now   time.Time
	deeds []keeping.Deed
	// told is what a person sent in vain: kind of the form, what was typed, and why nothing came of it.
	told told
}

type told struct {
	kind  keeping.Kind
	note  string
	plan  *web.CopyPlan
	fault string
}

// remembered is how many deeds are read, shown how many of those that are over are listed.
const (
	remembered = 60
	shown      = 6
)

func (p *Page) look(ctx context.Context, r *pages.Request) (s sight, err error) {
	s.Request, s.now = r, p.Clock.Now()
	if s.id, err = r.ID(); err != nil {
		return s, err
	}
	if s.Standing, err = p.Machines.Show(ctx, s.id); errors.Is(err, vm.ErrNoMachine) {
		return s, noMachine(s.id)
	}
	if err != nil {
		return s, err
	}
	if s.zone, err = p.Zone(ctx); err != nil {
		return s, fmt.Errorf("find the time zone of WHMCS: %w", err)
	}
	s.deeds, err = p.Book.History(ctx, s.id, remembered)
	return s, err
}

func noMachine(id int64) error {
	return desk.Sentence(fmt.Sprintf("Service %d has no VM. Order one with the button Create on its page.", id))
}

func (p *Page) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	s, err := p.look(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	switch piece := r.Query.Get("piece"); {
	case r.Bare && piece == "doings":
		return p.doingsAlone(ctx, s)
	case r.Bare && (piece == string(keeping.Backup) || piece == string(keeping.Snapshot)):
		return p.listAlone(ctx, s, keeping.Kind(piece))
	}
	return p.whole(ctx, s)
}

func (p *Page) doingsAlone(ctx context.Context, s sight) (pages.Answer, error) {
	d, err := p.doings(ctx, s)
	if err != nil {
		return pages.Answer{}, err
	}
	html, err := p.Web.CopyDoings(d)
	return pages.Answer{HTML: html}, err
}

func (p *Page) listAlone(ctx context.Context, s sight, kind keeping.Kind) (pages.Answer, error) {
	terms, err := p.Keeper.Terms(ctx, s.id)
	html, err := p.Web.CopyList(p.list(ctx, s, granted{terms, err}, kind))
	return pages.Answer{HTML: html}, err
}

func (p *Page) whole(ctx context.Context, s sight) (pages.Answer, error) {
	doings, err := p.doings(ctx, s)
	if err != nil {
		return pages.Answer{}, err
	}
	shelves, err := p.shelves(ctx, s)
	if err != nil {
		return pages.Answer{}, err
	}
	html, err := p.Web.Copies(web.Copies{
		Site: s.Site, ServiceID: s.id, VMID: s.Machine.VMID, Name: s.Machine.Name, Status: string(s.Machine.Status), Suspended: s.Machine.Suspended,
		Zone: named(s.zone, s.now), Fault: s.told.fault, Doings: doings, Shelves: shelves,
	})
	return pages.Answer{Title: p.Web.Text("copies_title") + strconv.FormatInt(s.id, 10), HTML: html}, err
}
