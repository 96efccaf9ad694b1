package keeping

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Book keeps deeds; implemented by internal/store/copies.
type Book interface {
	// Ask writes a deed down, due at once, and gives its id; with it goes an entry for WHMCS's activity log, "" = none. ErrAsked
	// when its slot was asked for before, or when a person asks for what already waits. One that waits for its next try gives
	// way to a later slot.
	Ask(ctx context.Context, d Deed, entry string) (int64, error)
	// Due lists the deeds of these kinds (none = all) that somebody should look at, oldest first.
	Due(ctx context.Context, now time.Time, kinds ...Kind) ([]int64, error)
	// Claim takes a deed until a time; pipeline.ErrNotDue when somebody else has it, or it is not due.
	Claim(ctx context.Context, id int64, now, until time.Time) (Deed, error)
	// Save writes a deed with its effects; due zero = it is over. pipeline.ErrLost when somebody else has it.
	Save(ctx context.Context, d *Deed, e Effects, now, due time.Time) error
	// Hold takes the machine for a deed until a time, or keeps it. ErrBusy while somebody else works on it or something waits to
	// be done; vm.ErrRefused when it does not stand at ready, with the status in the text.
	Hold(ctx context.Context, d *Deed, now, until time.Time) error
	// Settled tells whether the machine stands at ready and nothing waits to be done to it; vm.ErrRefused when its life is over.
	Settled(ctx context.Context, serviceID int64) (bool, error)
	// Crowd counts the deeds of a kind that run at a place.
	Crowd(ctx context.Context, kind Kind, place string) (int, error)
}

// Records are questions over all machines; implemented by internal/store/copies.
type Records interface {
	// Plans lists the machines at ready that have a plan for a kind (Backup or Snapshot) and an active service.
	Plans(ctx context.Context, kind Kind) ([]Planned, error)
	// SavePlan replaces the plan of a machine; its slots count from at on. With it goes an entry for WHMCS's activity log, "" = none.
	SavePlan(ctx context.Context, serviceID int64, kind Kind, w retention.Week, at time.Time, entry string) error
	// WithSnapshots lists the machines at ready that have some, as far as the records know.
	WithSnapshots(ctx context.Context) ([]int64, error)
	// Watched lists tasks that records name and no deed.
	Watched(ctx context.Context) ([]Watched, error)
	// Unwatch clears the task of a manual backup in a record, while it is still that one.
	Unwatch(ctx context.Context, serviceID int64, upid string) error
	// Overdue lists services with a plan of backups of whose backups none has succeeded since before. Both moments are in the
	// zone of plans.
	Overdue(ctx context.Context, now, before time.Time) ([]Late, error)
	// Forget deletes deeds that were over before that moment.
	Forget(ctx context.Context, before time.Time) error
}

// Machines finds records; implemented by internal/store.
type Machines interface {
	Find(ctx context.Context, serviceID int64) (vm.Machine, error)
	// Instance is the random name of this installation.
	Instance(ctx context.Context) (string, error)
}

// Errors of a Book.
var (
	ErrAsked = errors.New("this was asked for already")
	ErrBusy  = errors.New("somebody works on the machine")
)
