package vm

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// Fleet finds the cluster behind a WHMCS server entry.
type Fleet interface {
	// Cluster fails with a sentence for a person when the entry is missing, disabled, not ours or has no credentials.
	Cluster(ctx context.Context, serverID int64) (hypervisor.Cluster, error)
}

// Catalogue answers what WHMCS knows; implemented by internal/whmcs.
type Catalogue interface {
	// Facts of one service; ErrNoService when tblhosting has no such row.
	Facts(ctx context.Context, serviceID int64) (spec.Facts, error)
}

// Addresses leases addresses; implemented by internal/store.
type Addresses interface {
	// Lease tops the service's addresses up to want and returns all of them, IPv4 first, each family in order of allocation.
	// Addresses, tblhosting.dedicatedip/assignedips and vm_rev_dns change in one transaction. It never gives any back.
	// The error carries pipeline.NeedsPerson when no pool has a free address and names family, server, bridge and VLAN.
	// ErrNoMachine when there is no record, ErrRefused when its life has ended or is ending.
	Lease(ctx context.Context, want ippool.Want) ([]ippool.Lease, error)
	// GiveBack takes these addresses from the service; tblhosting and vm_rev_dns change in the same transaction. Addresses that
	// the service does not hold are no error.
	GiveBack(ctx context.Context, serviceID int64, addresses []netip.Addr) error
	// Held lists what the service holds, in the same order.
	Held(ctx context.Context, serviceID int64) ([]ippool.Lease, error)
}

// Numbers reserves VM ids; implemented by internal/store.
type Numbers interface {
	// Reserve returns the id the service has reserved on that server, or takes the lowest one >= first that nobody
	// reserved, no other service's record names and used does not contain. ErrNoMachine when there is no record, ErrRefused when
	// its life has ended or is ending.
	Reserve(ctx context.Context, serverID, serviceID int64, first int, used map[int]bool) (int, error)
	// Forfeit drops the reservation of an id that turned out to belong to somebody else; the id stays blocked for this server.
	Forfeit(ctx context.Context, serverID, serviceID int64, vmid int) error
}

// Registry keeps the records of machines; implemented by internal/store.
type Registry interface {
	// Open writes the record at status creation, the sealed password and the username in one transaction, due at once.
	// ErrExists: there is a record that is not at remove. Opening the same order twice while it is still being built is ErrExists too.
	Open(ctx context.Context, order Order) error
	// Find loads the record without Spec and Addresses; ErrNoMachine when there is none.
	Find(ctx context.Context, serviceID int64) (Machine, error)
	// Suspend stores the wish to be suspended, or to be no longer, and makes a parked machine due.
	Suspend(ctx context.Context, serviceID int64, suspended bool) error
	// Move takes a machine out of whatever is being done to it and puts it at a status, due at once; it is fenced by a new lease
	// token, so that a pass under way can write nothing more. from limits the statuses it may be taken from, none = any.
	// ErrRefused when it stands elsewhere (the error names where).
	Move(ctx context.Context, serviceID int64, to pipeline.State, from ...pipeline.State) error
	// Reopen writes an order anew over whatever record there is, at creation and due at once, with the wish to discard the old guest.
	Reopen(ctx context.Context, order Order) error
	// Wish moves a ready machine to a status like Move; of one that is busy the wish is kept, in place of an earlier one, and taken
	// up when it is ready.
	Wish(ctx context.Context, serviceID int64, to pipeline.State) error
	// Ask queues a one-off job for a machine (see Job), in order; asking for what is queued already changes nothing.
	Ask(ctx context.Context, serviceID int64, job Job) error
	// Forget deletes the record and our rows of a machine at error_terminate or remove; tblhosting is not touched.
	Forget(ctx context.Context, serviceID int64) error
	// SetPassword seals a new password of the guest's operating system and lets WHMCS know it through the outbox. ErrRefused when
	// the machine's life has ended or is ending.
	SetPassword(ctx context.Context, serviceID int64, password string) error
	// Discarded gives back addresses and VM id of a machine whose old guest is gone, and ends the wish to discard it.
	Discarded(ctx context.Context, serviceID int64) error
	// Attach makes an existing guest the machine of a service that has none, at ready. ErrTaken when another service has the id.
	Attach(ctx context.Context, serviceID, serverID int64, vmid int, name, node string) error
	// Instance is the random name of this installation, made once; it is part of every ownership mark.
	Instance(ctx context.Context) (string, error)
}

// Order is what CreateAccount writes down.
type Order struct {
	ServiceID int64
	ServerID  int64
	Name      string
	Domain    string // FQDN: tblhosting.domain is set to it
	Username  string // tblhosting.username is set to it
	Password  string
	// NewPassword: WHMCS does not know the password yet and is told in the same transaction, through the outbox.
	NewPassword bool
}

// Errors of a Registry and a Catalogue.
var (
	ErrExists    = errors.New("the service already has a VM record")
	ErrNoMachine = errors.New("the service has no VM record")
	ErrNoService = errors.New("no such service in WHMCS")
	ErrRefused   = errors.New("the machine's status does not allow it")
	ErrBusy      = errors.New("somebody works on the machine right now")
)

// Directory keeps DNS right; implemented by internal/dns/keeper.
type Directory interface {
	// Zones is how many zones are configured.
	Zones(ctx context.Context) (int, error)
	// Sync orders the records of a service to become what the guest should have (a service without name and addresses has none)
	// and waits until they are, or patience is over. What fails is in the report and tried again in the background; an
	// error means that nothing was ordered.
	Sync(ctx context.Context, guest dns.Guest, patience time.Duration) (dns.Report, error)
}
