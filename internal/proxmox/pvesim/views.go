package pvesim

import (
	"maps"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// GuestView is a copy of what the simulator knows of a guest.
type GuestView struct {
	VMID        int
	Node, Name  string
	Description string
	Lock        string
	Template    bool
	Running     bool
	Config      map[string]string // the file's own text: passwords are hashed, sshkeys URL-encoded
	Pending     map[string]string
	Snapshots   []string
	Pools       []string
	Firewall    FirewallView
}

// FirewallView is a copy of a guest's firewall.
type FirewallView struct {
	Options map[string]string
	IPSets  map[string][]string // name to addresses, sorted
	Rules   []map[string]string
}

// Guest looks a guest up.
func (s *Sim) Guest(vmid int) (GuestView, bool) {
	defer s.enter()()
	g := s.world.Guests[vmid]
	if g == nil {
		return GuestView{}, false
	}
	return s.view(g), true
}

// Guests lists all guests by number, templates included.
func (s *Sim) Guests() []GuestView {
	defer s.enter()()
	var out []GuestView
	for _, g := range s.world.SortedGuests() {
		out = append(out, s.view(g))
	}
	return out
}

func (s *Sim) view(g *world.Guest) GuestView {
	v := GuestView{
		VMID: g.VMID, Node: g.Node, Name: g.Conf["name"], Description: g.Conf["description"], Lock: g.Conf["lock"],
		Template: g.Template(), Running: g.Run != nil, Config: maps.Clone(g.Conf), Pending: maps.Clone(g.Pending),
		Pools: s.world.PoolsOf(world.VMPath(g.VMID)), Firewall: s.firewallView(g.VMID),
	}
	for _, snap := range g.Snaps {
		v.Snapshots = append(v.Snapshots, snap.Name)
	}
	return v
}

// Firewall is what is stored for an id, whether or not a guest has it.
func (s *Sim) Firewall(vmid int) FirewallView {
	defer s.enter()()
	return s.firewallView(vmid)
}

func (s *Sim) firewallView(vmid int) FirewallView {
	v := FirewallView{Options: map[string]string{}, IPSets: map[string][]string{}}
	fw := s.world.Fires[vmid]
	if fw == nil {
		return v
	}
	maps.Copy(v.Options, fw.Options)
	for name, set := range fw.Sets {
		v.IPSets[name] = slices.Sorted(maps.Keys(set.Members))
	}
	for _, r := range fw.Rules {
		v.Rules = append(v.Rules, maps.Clone(r))
	}
	return v
}

// Requests is the log of all requests so far.
func (s *Sim) Requests() []Request {
	defer s.enter()()
	return slices.Clone(s.requests)
}

// ForgetRequests empties the log.
func (s *Sim) ForgetRequests() {
	defer s.enter()()
	s.requests = nil
}

// TaskView is a copy of a task.
type TaskView struct {
	UPID, Node, Type, ID, User string
	ExitStatus                 string // empty while it runs
	Start, End                 time.Time
	Log                        []string
}

// Tasks lists all tasks, oldest first.
func (s *Sim) Tasks() []TaskView {
	defer s.enter()()
	var out []TaskView
	for _, t := range s.world.Tasks {
		out = append(out, TaskView{
			UPID: t.UPID, Node: t.Node, Type: t.Kind, ID: t.Ref, User: t.Who.String(),
			ExitStatus: t.Exit, Start: t.Start, End: t.End, Log: slices.Clone(t.Log),
		})
	}
	return out
}

// SetNodeOnline cuts a node off or brings it back. A node that goes takes its tasks with it; its guests
// are found stopped when it returns. Without its first node the cluster does not answer at all.
func (s *Sim) SetNodeOnline(name string, online bool) {
	defer s.enter()()
	n := s.world.FindNode(name)
	if n == nil || n.Down != online {
		return
	}
	n.Down = !online
	for _, t := range s.world.Tasks {
		if t.Node == name && t.Running() {
			t.Fail("unexpected status")
		}
	}
	for _, g := range s.world.Guests {
		if g.Node == name && online {
			g.Run = nil
		}
	}
}

// SetLock writes the lock key of a guest, as a dead task would leave it; empty takes it away.
func (s *Sim) SetLock(vmid int, lock string) {
	s.edit(vmid, func(g *world.Guest) {
		delete(g.Conf, "lock")
		if lock != "" {
			g.Conf["lock"] = lock
		}
	})
}

// SetHabits changes how the inside of a guest behaves.
func (s *Sim) SetHabits(vmid int, h Habits) { s.edit(vmid, func(g *world.Guest) { g.Habits = h }) }

// SetKey writes a configuration key behind the API's back; empty removes it.
func (s *Sim) SetKey(vmid int, key, value string) {
	s.edit(vmid, func(g *world.Guest) {
		delete(g.Conf, key)
		if value != "" {
			g.Conf[key] = value
		}
	})
}

// SetRunning starts or stops a guest at once, without a task.
func (s *Sim) SetRunning(vmid int, on bool) {
	s.edit(vmid, func(g *world.Guest) {
		if on && g.Run == nil {
			s.world.Started(g)
		}
		if !on {
			g.Run = nil
		}
	})
}

// RemoveGuest takes a guest and its disks away, as somebody else would.
func (s *Sim) RemoveGuest(vmid int) {
	s.edit(vmid, func(g *world.Guest) {
		s.world.Discard(g)
		delete(s.world.Fires, vmid)
	})
}

func (s *Sim) edit(vmid int, do func(g *world.Guest)) {
	defer s.enter()()
	if g := s.world.Guests[vmid]; g != nil {
		do(g)
	}
}

// AddGuest puts a guest there, as somebody else would.
func (s *Sim) AddGuest(gc GuestConfig) {
	defer s.enter()()
	s.world.AddGuest(gc)
}

// FillStorage leaves so many GiB free on a storage.
func (s *Sim) FillStorage(id string, freeGiB int) {
	defer s.enter()()
	s.world.Disks.Fill(id, int64(freeGiB)*volume.GiB)
}

// AddToken adds a token; AddUser an account; Grant privileges; Revoke takes them back.
func (s *Sim) AddToken(t Token) { s.registry(func(r *access.Registry) { r.AddToken(t) }) }

// AddUser adds or replaces an account.
func (s *Sim) AddUser(u User) { s.registry(func(r *access.Registry) { r.AddUser(u) }) }

// Grant gives privileges on a path to a user ("a@pve") or token ("a@pve!t"), replacing earlier ones there.
func (s *Sim) Grant(who, path string, privs ...string) {
	s.registry(func(r *access.Registry) { r.Grant(access.Grant{Who: who, Path: path, Privs: privs}) })
}

// Revoke takes the privileges of a holder on exactly this path away.
func (s *Sim) Revoke(who, path string) {
	s.registry(func(r *access.Registry) { r.Revoke(who, path) })
}

func (s *Sim) registry(do func(r *access.Registry)) {
	defer s.enter()()
	do(s.world.Auth)
}
