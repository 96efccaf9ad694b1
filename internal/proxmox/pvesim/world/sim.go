package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/firewall"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// World is everything that is. Whoever reads or changes it holds Mu.
type World struct {
	Mu     sync.Mutex
	Cfg    Config
	Clk    clock.Clock
	Line   *timeline.Line
	Auth   *access.Registry
	Disks  *volume.Store
	Nodes  []*Node
	Guests map[int]*Guest
	Fires  map[int]*firewall.Config // by VMID, whether or not there is such a guest
	Wall   *firewall.Config         // the datacentre's
	Pools  map[string]*Pool
	Tasks  []*Task
	PID    int
	Born   time.Time

	rnd *rand.Rand
}

// Node is a member of the cluster.
type Node struct {
	NodeConfig

	Index int
	Down  bool
}

// New builds the cluster of a configuration.
func New(cfg Config) *World {
	if cfg.Version == "" {
		cfg.Version = contract.V92
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Durations == (Durations{}) {
		cfg.Durations = DefaultDurations()
	}
	s := &World{
		Cfg: cfg, Clk: cfg.Clock, Born: cfg.Clock.Now(), PID: 1000,
		Line: timeline.New(cfg.Clock.Now()), Auth: access.New([]byte("pvesim tickets")),
		Guests: map[int]*Guest{}, Fires: map[int]*firewall.Config{}, Wall: firewall.New(), Pools: map[string]*Pool{},
		rnd: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // addresses and ids of a simulation, repeatable on purpose
	}
	s.Auth.PoolsOf = s.PoolsOf
	s.addNodes()
	s.addStorages()
	s.addAccess()
	for _, id := range cfg.Pools {
		s.Pools[id] = &Pool{ID: id}
	}
	s.addTemplates()
	s.addGuests()
	return s
}

func (s *World) addNodes() {
	for i, n := range s.Cfg.Nodes {
		if n.Bridges == nil {
			n.Bridges = []string{"vmbr0", "vmbr1"}
		}
		n.Cores = max(n.Cores, 1)
		n.MemoryMiB = max(n.MemoryMiB, 1024)
		s.Nodes = append(s.Nodes, &Node{NodeConfig: n, Index: i, Down: n.Offline})
	}
}

func (s *World) addStorages() {
	var list []*volume.Storage
	for _, c := range s.Cfg.Storages {
		if c.Content == nil {
			c.Content = []string{"images", "rootdir"}
		}
		if c.SizeGiB == 0 {
			c.SizeGiB = 1000
		}
		list = append(list, &volume.Storage{
			ID: c.ID, Type: c.Type, Shared: c.Shared, Nodes: c.Nodes, Content: c.Content,
			Size: int64(c.SizeGiB) * volume.GiB, Used: int64(c.UsedGiB) * volume.GiB, Keep: c.KeepBackups, Verdict: c.Verdict,
		})
	}
	s.Disks = volume.New(list)
}

func (s *World) addAccess() {
	for _, u := range s.Cfg.Users {
		s.Auth.AddUser(u)
	}
	for _, t := range s.Cfg.Tokens {
		s.Auth.AddToken(t)
	}
	for _, g := range s.Cfg.Grants {
		s.Auth.Grant(g)
	}
}

// Old tells whether the release is 7, which differs from the later ones in many small things.
func (s *World) Old() bool { return s.Cfg.Version == contract.V74 }

// Local is the node whose front end is asked.
func (s *World) Local() string {
	if len(s.Nodes) == 0 {
		return ""
	}
	return s.Nodes[0].Name
}

// FindNode finds a member of the cluster; nil when there is none of that name.
func (s *World) FindNode(name string) *Node {
	i := slices.IndexFunc(s.Nodes, func(n *Node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	return s.Nodes[i]
}

// Advance brings the story up to the present; the mutex is held.
func (s *World) Advance() { s.advanceTo(s.Clk.Now()) }

func (s *World) advanceTo(now time.Time) {
	if s.Cfg.ResourceLag == 0 {
		s.Line.Advance(now)
		return
	}
	for {
		next, more := s.Line.Next()
		if !more || next.After(now) {
			break
		}
		s.Line.Advance(next)
		s.observe()
	}
	s.Line.Advance(now)
	s.observe()
}

// Sleep lets time pass in the middle of a call; the mutex is held before and after.
func (s *World) Sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	s.Mu.Unlock()
	_ = clock.Sleep(ctx, s.Clk, d)
	s.Mu.Lock()
	s.Advance()
}

// UUID makes one up, the same sequence in every run.
func (s *World) UUID() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", s.rnd.Uint32(), s.rnd.Uint32N(1<<16),
		s.rnd.Uint32N(1<<12), s.rnd.Uint32N(1<<12), s.rnd.Uint64N(1<<48))
}

// MAC makes an address up, with the release's prefix.
func (s *World) MAC() string {
	first := "BC:24:11"
	if s.Old() {
		first = fmt.Sprintf("%02X:%02X:%02X", 2+4*s.rnd.Uint32N(63), s.rnd.Uint32N(256), s.rnd.Uint32N(256))
	}
	n := s.rnd.Uint32N(1 << 24)
	return fmt.Sprintf("%s:%02X:%02X:%02X", first, n>>16, n>>8&0xff, n&0xff)
}

// Itoa is a number as text.
func Itoa(n int) string { return strconv.Itoa(n) }

// Words splits any list the API accepts.
func Words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t\n\x00", r) })
}

// Bit is a boolean as the API answers it.
func Bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
