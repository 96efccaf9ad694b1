package pvesim

import (
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// The cluster's description, see package world for what each field means.
type (
	// Config is the cluster at its first moment.
	Config = world.Config
	// NodeConfig is a node.
	NodeConfig = world.NodeConfig
	// StorageConfig is a storage.
	StorageConfig = world.StorageConfig
	// TemplateConfig is a template with one disk.
	TemplateConfig = world.TemplateConfig
	// GuestConfig is an ordinary guest.
	GuestConfig = world.GuestConfig
	// Durations is how long each kind of task takes.
	Durations = world.Durations
	// Habits are how the inside of a guest behaves.
	Habits = world.Habits
	// Token is an API token.
	Token = access.Token
	// User is an account with a password.
	User = access.User
	// Grant gives privileges on a path to a user or token.
	Grant = access.Grant
)

// The token of Demo; the Authorization header is "PVEAPIToken=" DemoTokenID "=" DemoTokenSecret.
const (
	DemoTokenID     = world.DemoTokenID
	DemoTokenSecret = world.DemoTokenSecret
)

// DefaultDurations are those of a small, healthy cluster: clone 5 s, migration 10 s, start 3 s.
func DefaultDurations() Durations { return world.DefaultDurations() }

// NoDurations makes every task end at once, for tests about other things.
func NoDurations() Durations { return world.NoDurations() }

// RolePrivs is the least-privilege role for provisioning on a release (pve-behaviour §21.3).
func RolePrivs(v contract.Version) []string { return world.RolePrivs(v) }

// Demo is a cluster to play with: three nodes, local and shared storage, two templates, one token.
func Demo(clk clock.Clock) Config { return world.Demo(clk) }

// Sim is the cluster and its front end. It is safe for concurrent use: the world's mutex guards everything.
type Sim struct {
	world    *world.World
	faults   []*armed
	requests []Request
}

// New builds the cluster of a configuration.
func New(cfg Config) *Sim { return &Sim{world: world.New(cfg)} }

// enter locks the world and brings its story up to the present; the returned function leaves it.
func (s *Sim) enter() (leave func()) {
	s.world.Mu.Lock()
	s.world.Advance()
	return s.world.Mu.Unlock
}
