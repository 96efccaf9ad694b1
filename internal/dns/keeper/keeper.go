package keeper

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

// Book is where zones and rows are kept; implemented by internal/store.
type Book interface {
	DNSZones(ctx context.Context) ([]zones.Zone, error)
	DNSRecords(ctx context.Context, serviceID int64) ([]ledger.Row, error)
	Intend(ctx context.Context, serviceID int64, names []string, verify bool, now time.Time, decide func([]dns.Entry) (dns.Decision, error)) (dns.Decision, error)
	DueDNSZones(ctx context.Context, now time.Time) (ids []int64, next time.Time, err error)
	Begin(ctx context.Context, zoneIDs []int64, now time.Time, limit int) ([]ledger.Row, error)
	Settle(ctx context.Context, s dns.Settled, rows map[int64]ledger.Row, failures []ledger.Failure, now time.Time) error
	Turn(ctx context.Context, name string, now, until time.Time) (bool, error)
	Leave(ctx context.Context, name string) error
	Instance(ctx context.Context) (string, error)
}

// Config of a Keeper; all fields are required.
type Config struct {
	Book Book
	// Open makes the provider of a zone. It opens no connection; its error is a sentence about the zone's fields.
	Open  func(zones.Zone) (dns.Provider, error)
	Clock clock.Clock
	Log   *slog.Logger
}

// Keeper implements vm.Directory; it is safe for concurrent use.
type Keeper struct {
	Config
	wake chan struct{}
	wg   sync.WaitGroup

	mu        sync.Mutex
	active    map[string]bool // accounts that this process is working for
	providers map[int64]opened
	news      chan struct{} // closed at the next settlement
}

// New makes a keeper that only takes orders until Run.
func New(cfg Config) *Keeper {
	return &Keeper{Config: cfg, wake: make(chan struct{}, 1), active: map[string]bool{}, providers: map[int64]opened{}, news: make(chan struct{})}
}

// Wake makes Run look for due rows now.
func (k *Keeper) Wake() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Zones is how many zones are configured.
func (k *Keeper) Zones(ctx context.Context) (int, error) {
	list, err := k.Book.DNSZones(ctx)
	return len(list), err
}

// Sync orders the records of a service to become what guest says, a service without addresses and name to have none, and waits
// until they are or patience is over. Everything that is right by the ledger is looked at too. What fails is in the report,
// and tried again in the background; an error means that nothing was written down.
func (k *Keeper) Sync(ctx context.Context, guest dns.Guest, patience time.Duration) (dns.Report, error) {
	o, err := k.Order(ctx, guest)
	if err != nil {
		return dns.Report{}, err
	}
	return k.Outcome(ctx, o, patience)
}

// Order is what was written down for one service.
type Order struct {
	zones    []zones.Zone
	wish     dns.Wish
	decision dns.Decision
}

// Order is the first half of Sync.
func (k *Keeper) Order(ctx context.Context, guest dns.Guest) (Order, error) {
	list, err := k.Book.DNSZones(ctx)
	if err != nil {
		return Order{}, err
	}
	o := Order{zones: list, wish: dns.Want(guest)}
	if o.decision, err = k.decide(ctx, o.wish, list); err == nil {
		k.Wake()
	}
	return o, err
}

// Outcome is the other half.
func (k *Keeper) Outcome(ctx context.Context, o Order, patience time.Duration) (dns.Report, error) {
	rows, err := k.await(ctx, o.wish.ServiceID, patience)
	if err != nil {
		return dns.Report{}, err
	}
	return report(o.zones, o.wish, o.decision, rows), nil
}

func (k *Keeper) decide(ctx context.Context, wish dns.Wish, list []zones.Zone) (dns.Decision, error) {
	var names []string
	for _, r := range wish.Records {
		names = append(names, r.Name)
	}
	return k.Book.Intend(ctx, wish.ServiceID, names, true, k.Clock.Now(), func(rows []dns.Entry) (dns.Decision, error) {
		return dns.Plan(wish, rows, plans(list)), nil
	})
}

func plans(list []zones.Zone) []dns.Zone {
	result := make([]dns.Zone, len(list))
	for i, z := range list {
		result[i] = z.Plan()
	}
	return result
}

// glance is how often a service's rows are looked at while another process may be working on them.
const glance = 200 * time.Millisecond

// await returns the rows of a service once none of them is under way, or as they are when patience is over.
func (k *Keeper) await(ctx context.Context, serviceID int64, patience time.Duration) ([]ledger.Row, error) {
	end := k.Clock.Now().Add(patience)
	for {
		news := k.settled()
		rows, err := k.Book.DNSRecords(ctx, serviceID)
		now := k.Clock.Now()
		if err != nil || !underWay(rows, now) || !now.Before(end) {
			return rows, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-news:
		case <-k.Clock.After(min(glance, end.Sub(now))):
		}
	}
}

func underWay(rows []ledger.Row, now time.Time) bool {
	for _, r := range rows {
		if !r.Due.IsZero() && !r.Due.After(now) {
			return true
		}
	}
	return false
}

// settled is closed at the next settlement of this process.
func (k *Keeper) settled() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.news
}

func (k *Keeper) tell() {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.news)
	k.news = make(chan struct{})
}
