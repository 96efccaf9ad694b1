package pvesim

import (
	"maps"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	g := s.guests[vmid]
	if g == nil {
		return GuestView{}, false
	}
	return s.view(g), true
}

// Guests lists all guests by number, templates included.
func (s *Sim) Guests() []GuestView {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	var out []GuestView
	for _, g := range s.sortedGuests() {
		out = append(out, s.view(g))
	}
	return out
}

func (s *Sim) view(g *guest) GuestView {
	v := GuestView{
		VMID: g.vmid, Node: g.node, Name: g.conf["name"], Description: g.conf["description"], Lock: g.conf["lock"],
		Template: g.template(), Running: g.run != nil, Config: maps.Clone(g.conf), Pending: maps.Clone(g.pending),
		Pools: s.poolsOf(vmPath(g.vmid)), Firewall: s.firewallView(g.vmid),
	}
	for _, snap := range g.snaps {
		v.Snapshots = append(v.Snapshots, snap.name)
	}
	return v
}

// Firewall is what is stored for an id, whether or not a guest has it.
func (s *Sim) Firewall(vmid int) FirewallView {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.firewallView(vmid)
}

func (s *Sim) firewallView(vmid int) FirewallView {
	v := FirewallView{Options: map[string]string{}, IPSets: map[string][]string{}}
	fw := s.fires[vmid]
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
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ForgetRequests empties the log.
func (s *Sim) ForgetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// TaskView is a copy of a task.
type TaskView struct {
	UPID, Node, Type, ID, User string
	ExitStatus                 string // empty while it runs
	Log                        []string
}

// Tasks lists all tasks, oldest first.
func (s *Sim) Tasks() []TaskView {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	var out []TaskView
	for _, t := range s.tasks {
		out = append(out, TaskView{
			UPID: t.upid, Node: t.node, Type: t.kind, ID: t.ref, User: t.who.String(),
			ExitStatus: t.exit, Log: slices.Clone(t.log),
		})
	}
	return out
}

// SetNodeOnline cuts a node off or brings it back. A node that goes takes its tasks with it; its guests
// are found stopped when it returns. Without its first node the cluster does not answer at all.
func (s *Sim) SetNodeOnline(name string, online bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	n := s.node(name)
	if n == nil || n.offline != online {
		return
	}
	n.offline = !online
	for _, t := range s.tasks {
		if t.node == name && t.running() {
			t.fail("unexpected status")
		}
	}
	for _, g := range s.guests {
		if g.node == name && online {
			g.run = nil
		}
	}
}

// SetLock writes the lock key of a guest, as a dead task would leave it; empty takes it away.
func (s *Sim) SetLock(vmid int, lock string) {
	s.edit(vmid, func(g *guest) {
		delete(g.conf, "lock")
		if lock != "" {
			g.conf["lock"] = lock
		}
	})
}

// SetHabits changes how the inside of a guest behaves.
func (s *Sim) SetHabits(vmid int, h Habits) { s.edit(vmid, func(g *guest) { g.habits = h }) }

// SetKey writes a configuration key behind the API's back; empty removes it.
func (s *Sim) SetKey(vmid int, key, value string) {
	s.edit(vmid, func(g *guest) {
		delete(g.conf, key)
		if value != "" {
			g.conf[key] = value
		}
	})
}

// SetRunning starts or stops a guest at once, without a task.
func (s *Sim) SetRunning(vmid int, on bool) {
	s.edit(vmid, func(g *guest) {
		if on && g.run == nil {
			s.started(g)
		}
		if !on {
			g.run = nil
		}
	})
}

// RemoveGuest takes a guest and its disks away, as somebody else would.
func (s *Sim) RemoveGuest(vmid int) {
	s.edit(vmid, func(g *guest) {
		(&call{Sim: s}).discard(g)
		delete(s.fires, vmid)
	})
}

func (s *Sim) edit(vmid int, do func(g *guest)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	if g := s.guests[vmid]; g != nil {
		do(g)
	}
}

// AddGuest puts a guest there, as somebody else would.
func (s *Sim) AddGuest(gc GuestConfig) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	saved := s.cfg.Guests
	s.cfg.Guests = []GuestConfig{gc}
	s.addGuests()
	s.cfg.Guests = saved
}

// FillStorage leaves so many GiB free on a storage.
func (s *Sim) FillStorage(id string, freeGiB int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disks.Fill(id, int64(freeGiB)*volume.GiB)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.auth)
}
