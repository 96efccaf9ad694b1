package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm/guess"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// Steps are the deeds of all tables; one value serves every machine. All fields but Directory are required.
type Steps struct {
	Fleet     Fleet
	Catalogue Catalogue
	Addresses Addresses
	Numbers   Numbers
	Registry  Registry
	Directory Directory
	Clock     clock.Clock
	Random    io.Reader
	Settings  Settings
	// Tell sees the details of terminations and power-offs as they happen; nil = nobody listens.
	Tell func(m *Machine, line string)

	placement guess.Placement
	pace      guess.Pace
}

// Settings of the installation that the steps obey.
type Settings struct {
	// Migrate tells whether a guest may leave the template's node now, MigrationTimeout how long one try of a migration may
	// take; it is tried again later. Both may change at any time.
	Migrate          func(context.Context) bool
	MigrationTimeout func(context.Context) time.Duration
	// CloneTimeout bounds one try of a clone.
	CloneTimeout time.Duration
	// Undo is how long after its order a termination can be taken back (Machine.Held); 0 = it begins at once.
	Undo time.Duration
	// DNSPatience is how long DNS may hold up a pipeline; what takes longer goes on in the background. Default 800 ms.
	DNSPatience time.Duration
	// Poll is how often a running task is looked at; default 1 s.
	Poll time.Duration
}

// site is what one pass over a machine learned about the world; it is never stored.
type site struct {
	writes   int             // configuration changes of this pass
	off      powerOff        // how far a power-off has come
	locked   time.Time       // since when somebody else's lock is in the way
	seen     bool            // the guest to remove was there, or was looked for long enough
	swept    bool            // the backups are done with
	tried    map[string]bool // backups that were looked at, and deleted where they are ours
	nameless bool            // the DNS records were ordered to go
	deletes  int             // requests to delete the guest
	unseen   error           // why the cluster cannot be asked at all
	shaky    time.Time       // since when it answers badly

	hv        hypervisor.Cluster
	mark      string                  // ownership mark of this service
	config    *hypervisor.GuestConfig // as last read; nil after a write
	readAt    time.Time               // when that was
	cluster   *hypervisor.Resources   // as last read; nil when something has changed that matters
	template  hypervisor.GuestRef
	source    hardware.Disk // the template's system disk
	target    string
	stays     bool      // on its node, because migration is off
	secret    bool      // this pass has written the guest's password
	resized   string    // key of the disk this pass has grown
	restarted bool      // this pass has started the guest again
	began     time.Time // when this pass started the task it waits for
}

// Tables are all pipelines of a machine.
func (s *Steps) Tables() []pipeline.Table[Machine] {
	return append([]pipeline.Table[Machine]{s.deploy(), s.changePackage(), s.terminate(), s.reinstall(), s.resyncDNS()}, s.jobs()...)
}

// Prepare reads afresh what WHMCS wants of m, so that a mended product or option counts at the next try.
func (s *Steps) Prepare(ctx context.Context, m *Machine) error {
	if m.Status == Terminate && m.Job == "" {
		return s.prepareToEnd(ctx, m)
	}
	facts, err := s.Catalogue.Facts(ctx, m.ServiceID)
	if err != nil {
		return fmt.Errorf("read service %d from WHMCS: %w", m.ServiceID, err)
	}
	if m.Spec, err = Wanted(facts); err != nil {
		return pipeline.WithFault(err, pipeline.NeedsPerson)
	}
	if m.ServerID == 0 || m.Status == Creation && m.VMID == 0 { // a guest of an earlier life is where it was built
		m.ServerID = facts.ServerID
	}
	m.ClientID, m.ServerHost = facts.ClientID, facts.ServerHost
	if m.Addresses, err = s.Addresses.Held(ctx, m.ServiceID); err != nil {
		return fmt.Errorf("read the addresses of service %d: %w", m.ServiceID, err)
	}
	return s.visit(ctx, m)
}

// prepareToEnd wants nothing of WHMCS that a service on its way out may have lost: product, options, server entry. Trouble
// with the cluster is the termination's to judge.
func (s *Steps) prepareToEnd(ctx context.Context, m *Machine) error {
	facts, err := s.Catalogue.Facts(ctx, m.ServiceID)
	if err != nil && !errors.Is(err, ErrNoService) {
		return fmt.Errorf("read service %d from WHMCS: %w", m.ServiceID, err)
	}
	m.Spec, _ = spec.Resolve(facts)
	if facts.ClientID != 0 {
		m.ClientID = facts.ClientID
	}
	err = s.visit(ctx, m)
	m.site.unseen = err
	return nil
}

// visit opens the cluster and works out the ownership mark.
func (s *Steps) visit(ctx context.Context, m *Machine) error {
	instance, err := s.Registry.Instance(ctx)
	if err != nil {
		return err
	}
	hv, err := s.Fleet.Cluster(ctx, m.ServerID)
	if err != nil {
		return err
	}
	m.site = site{hv: hv, mark: Mark(instance, m.ServiceID)}
	return nil
}

// resources of the cluster, read once and again after something changed.
func (m *Machine) resources(ctx context.Context) (hypervisor.Resources, error) {
	if m.site.cluster == nil {
		r, err := m.site.hv.Resources(ctx)
		if err != nil {
			return r, err
		}
		m.site.cluster = &r
	}
	return *m.site.cluster, nil
}

// tell passes a detail on.
func (s *Steps) tell(m *Machine, format string, args ...any) {
	if s.Tell != nil {
		s.Tell(m, fmt.Sprintf(format, args...))
	}
}

// Wanted resolves facts into a spec that can be built, or says everything that is in the way.
func Wanted(facts spec.Facts) (spec.Spec, error) {
	if facts.ServerID == 0 {
		return spec.Spec{}, fmt.Errorf("service %d has no server: choose a Proxmox server on its page, or give its product a server group", facts.ServiceID)
	}
	if facts.ServerGone {
		return spec.Spec{}, fmt.Errorf("service %d names server %d, which no longer exists in WHMCS: choose another server on its page", facts.ServiceID, facts.ServerID)
	}
	want, err := spec.Resolve(facts)
	if err != nil {
		return spec.Spec{}, err
	}
	var errs []error
	for _, p := range want.Problems() {
		errs = append(errs, errors.New(p))
	}
	return want, errors.Join(errs...)
}

// await looks at the task that m waits for: nil once there is none, Wait while it runs, its error when it failed.
func (s *Steps) await(ctx context.Context, m *Machine, what string) error {
	if m.Task == "" {
		return nil
	}
	task, err := m.site.hv.Task(ctx, m.Task)
	switch {
	case err != nil:
		return err
	case task.Running:
		return s.nap(m, what)
	}
	if !m.site.began.IsZero() {
		s.pace.Done(m.taskKind(what), s.Clock.Now().Sub(m.site.began))
	}
	m.Task, m.site.began = "", time.Time{}
	if task.Gone || task.OK {
		return nil // the guest tells whether it is done
	}
	return m.site.hv.TaskFault(task.Exit)
}

// began waits for a task that was just started.
func (s *Steps) began(m *Machine, upid, what string) error {
	m.Task, m.site.began = upid, s.Clock.Now()
	return s.nap(m, what)
}

func (s *Steps) nap(m *Machine, what string) error {
	if m.site.began.IsZero() { // a process before this one started the task
		return pipeline.Wait(s.poll(), what)
	}
	return pipeline.Wait(s.pace.Nap(m.taskKind(what), s.Clock.Now().Sub(m.site.began), s.poll()), what)
}

// taskKind groups tasks that take about the same time.
func (m *Machine) taskKind(what string) string {
	return fmt.Sprintf("%s/%d/%d/%t", what, m.ServerID, m.Spec.Template, m.Spec.FullClone)
}

func (s *Steps) poll() time.Duration {
	if s.Settings.Poll > 0 {
		return s.Settings.Poll
	}
	return time.Second
}
