package hestiafake

import (
	"slices"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// State is everything that a panel knows and how it misbehaves. It is touched within Panel.Set only.
type State struct {
	Root     string // the admin's name; no other user's password opens the API
	Password string
	Keys     map[string]Key
	Users    map[string]*User
	// Allowed are the addresses that may connect: exact ones, "allow-all", or "0.0.0.0", which counts for keys only.
	Allowed []string
	// UserKeys: keys of other users than Root work (API_SYSTEM=2).
	UserKeys bool
	// API is how the API is switched off; "" = it is on.
	API Off

	// Before195 leaves AAAA and PTR values unchecked, as releases before 1.9.5 do; Release16 answers a wrong password with 200.
	Before195, Release16 bool
	// SameID lets each add take the highest id again, as parallel adds do.
	SameID bool
	// RestartFails: the name server does not come back after a reload.
	RestartFails bool
	// WriteTime and ListTime are how long commands take, on the panel's clock.
	WriteTime, ListTime time.Duration
	// Down: connections are cut at once.
	Down bool
	// Faults meet the calls to come; each meets one.
	Faults []Fault
	// Failed counts bad logins per address; five of them and the firewall cuts the address off.
	Failed map[string]int
}

// Off is a way to switch the API off.
type Off string

// Ways to switch the API off.
const (
	BySetting Off = "setting" // API=no and API_SYSTEM=0
	ByCommand Off = "command" // v-change-sys-api disable
	Removed   Off = "removed" // v-change-sys-api remove
)

// Key is an access key.
type Key struct {
	Secret   string
	User     string
	Commands []string // empty = all
}

// User owns zones.
type User struct {
	Suspended bool
	// Limit of records in each zone; 0 = unlimited.
	Limit int
	Zones map[string]*Zone // by the name as it was entered
}

// Zone holds records in the order of their ids.
type Zone struct {
	Suspended bool
	TTL       int // of records that have none; 0 = 14400
	Records   []Record
}

// Record is a line of a zone's file. Nothing in it is checked when it is put there by Set.
type Record struct {
	ID        int
	Name      string // relative, or full with a dot at the end
	Type      string
	Value     string
	TTL       string // "" = the zone's
	Suspended bool
}

// Fault is what happens to one call instead of a proper answer.
type Fault struct {
	Cmd    string // "" = any
	Done   bool   // the command is carried out all the same
	Status int    // 0 = the connection is cut
	Body   string
	Code   string // an exit code that the command gives; without Done it does not run. Status does not count then
}

// Panel is a HestiaCP server.
type Panel struct {
	clock clock.Clock

	mu      sync.Mutex
	state   State
	calls   []Call
	flying  int
	most    int
	writes  int
	onWrite func()
}

// New returns a panel with the root user "admin", who has the given password, and no zones.
func New(clk clock.Clock, password string) *Panel {
	return &Panel{clock: clk, state: State{
		Root: "admin", Password: password, Allowed: []string{"allow-all"},
		Keys: map[string]Key{}, Users: map[string]*User{"admin": {Zones: map[string]*Zone{}}}, Failed: map[string]int{},
	}}
}

// Set changes or reads the state; no command runs a step meanwhile.
func (p *Panel) Set(f func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.state)
}

// Zone returns the zone of a user, made when missing; call it within Set.
func (s *State) Zone(user, name string) *Zone {
	u := s.Users[user]
	if u == nil {
		u = &User{Zones: map[string]*Zone{}}
		s.Users[user] = u
	}
	if u.Zones[name] == nil {
		u.Zones[name] = &Zone{}
	}
	return u.Zones[name]
}

// Put adds a record under the next id.
func (z *Zone) Put(name, typ, value, ttl string) int {
	id := z.highest() + 1
	z.Records = append(z.Records, Record{ID: id, Name: name, Type: typ, Value: value, TTL: ttl})
	return id
}

func (z *Zone) highest() int {
	high := 0
	for _, r := range z.Records {
		high = max(high, r.ID)
	}
	return high
}

// cut takes every record with an id out.
func (z *Zone) cut(id int) {
	z.Records = slices.DeleteFunc(z.Records, func(r Record) bool { return r.ID == id })
}

func (z *Zone) ttl() int {
	if z.TTL > 0 {
		return z.TTL
	}
	return 14400
}

// Records are a copy of a zone's records.
func (p *Panel) Records(user, zone string) (all []Record) {
	p.Set(func(s *State) { all = slices.Clone(s.Zone(user, zone).Records) })
	return all
}

// OnWrite calls f after each command that changed a zone, before it is answered; nil ends that.
func (p *Panel) OnWrite(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onWrite = f
}

// Writes counts the commands that add, change or delete records, but those whose arguments were refused.
func (p *Panel) Writes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes
}

// Most is the largest number of requests that were open at the same time.
func (p *Panel) Most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}
