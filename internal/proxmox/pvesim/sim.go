package pvesim

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

// Sim is the cluster. It is safe for concurrent use.
type Sim struct {
	mu       sync.Mutex
	cfg      Config
	clk      clock.Clock
	line     *timeline.Line
	auth     *access.Registry
	disks    *volume.Store
	nodes    []*node
	guests   map[int]*guest
	fires    map[int]*firewall.Config
	wall     *firewall.Config // the datacentre's
	pools    map[string]*pool
	tasks    []*task
	faults   []*armed
	requests []Request
	pid      int
	rnd      *rand.Rand
	born     time.Time
}

type node struct {
	NodeConfig
	index   int
	offline bool
}

// New builds the cluster of a configuration.
func New(cfg Config) *Sim {
	if cfg.Version == "" {
		cfg.Version = contract.V92
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Durations == (Durations{}) {
		cfg.Durations = DefaultDurations()
	}
	s := &Sim{
		cfg: cfg, clk: cfg.Clock, born: cfg.Clock.Now(), pid: 1000,
		line: timeline.New(cfg.Clock.Now()), auth: access.New([]byte("pvesim tickets")),
		guests: map[int]*guest{}, fires: map[int]*firewall.Config{}, wall: firewall.New(), pools: map[string]*pool{},
		rnd: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // addresses and ids of a simulation, repeatable on purpose
	}
	s.auth.PoolsOf = s.poolsOf
	s.addNodes()
	s.addStorages()
	s.addAccess()
	for _, id := range cfg.Pools {
		s.pools[id] = &pool{id: id}
	}
	s.addTemplates()
	s.addGuests()
	return s
}

func (s *Sim) addNodes() {
	for i, n := range s.cfg.Nodes {
		if n.Bridges == nil {
			n.Bridges = []string{"vmbr0", "vmbr1"}
		}
		n.Cores = max(n.Cores, 1)
		n.MemoryMiB = max(n.MemoryMiB, 1024)
		s.nodes = append(s.nodes, &node{NodeConfig: n, index: i, offline: n.Offline})
	}
}

func (s *Sim) addStorages() {
	var list []*volume.Storage
	for _, c := range s.cfg.Storages {
		if c.Content == nil {
			c.Content = []string{"images", "rootdir"}
		}
		if c.SizeGiB == 0 {
			c.SizeGiB = 1000
		}
		list = append(list, &volume.Storage{
			ID: c.ID, Type: c.Type, Shared: c.Shared, Nodes: c.Nodes, Content: c.Content,
			Size: int64(c.SizeGiB) * volume.GiB, Used: int64(c.UsedGiB) * volume.GiB, Keep: c.KeepBackups,
		})
	}
	s.disks = volume.New(list)
}

func (s *Sim) addAccess() {
	for _, u := range s.cfg.Users {
		s.auth.AddUser(u)
	}
	for _, t := range s.cfg.Tokens {
		s.auth.AddToken(t)
	}
	for _, g := range s.cfg.Grants {
		s.auth.Grant(g)
	}
}

func (s *Sim) old() bool { return s.cfg.Version == contract.V74 }

// local is the node whose front end is asked.
func (s *Sim) local() string {
	if len(s.nodes) == 0 {
		return ""
	}
	return s.nodes[0].Name
}

func (s *Sim) node(name string) *node {
	i := slices.IndexFunc(s.nodes, func(n *node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	return s.nodes[i]
}

// advance brings the story up to the present; the mutex is held.
func (s *Sim) advance() { s.advanceTo(s.clk.Now()) }

func (s *Sim) advanceTo(now time.Time) {
	if s.cfg.ResourceLag == 0 {
		s.line.Advance(now)
		return
	}
	for {
		next, more := s.line.Next()
		if !more || next.After(now) {
			break
		}
		s.line.Advance(next)
		s.observe()
	}
	s.line.Advance(now)
	s.observe()
}

// sleep lets time pass in the middle of a call; the mutex is held before and after.
func (s *Sim) sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	s.mu.Unlock()
	_ = clock.Sleep(ctx, s.clk, d)
	s.mu.Lock()
	s.advance()
}

func (s *Sim) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", s.rnd.Uint32(), s.rnd.Uint32N(1<<16),
		s.rnd.Uint32N(1<<12), s.rnd.Uint32N(1<<12), s.rnd.Uint64N(1<<48))
}

func (s *Sim) mac() string {
	first := "BC:24:11"
	if s.old() {
		first = fmt.Sprintf("%02X:%02X:%02X", 2+4*s.rnd.Uint32N(63), s.rnd.Uint32N(256), s.rnd.Uint32N(256))
	}
	n := s.rnd.Uint32N(1 << 24)
	return fmt.Sprintf("%s:%02X:%02X:%02X", first, n>>16, n>>8&0xff, n&0xff)
}

func itoa(n int) string { return strconv.Itoa(n) }

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t\n\x00", r) })
}
