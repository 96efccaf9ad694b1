package records

import (
	"context"
	"log/slog"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns/keeper"
	"github.com/kvmbridge/kvmbridge/internal/dns/providers"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

// Book is the keeper's: rows, zones and the name of the installation.
type Book struct {
	*ledger.Ledger
	*zonebook.Book
	store *store.DB
}

// NewBook keeps zones and rows in the store's database; box seals the zones' secrets.
func NewBook(db *store.DB, box *seal.Box) Book {
	return Book{ledger.New(db.Handle(), db.Holder()), zonebook.New(db.Handle(), box), db}
}

// Instance implements keeper.Book.
func (b Book) Instance(ctx context.Context) (string, error) { return b.store.Instance(ctx) }

// NewKeeper makes the keeper of a process, and the shop that opens its zones.
func NewKeeper(b Book, c clock.Clock, log *slog.Logger) (*keeper.Keeper, *providers.Shop) {
	shop := providers.New(c, log)
	return keeper.New(keeper.Config{Book: b, Open: shop.Open, Clock: c, Log: log}), shop
}
