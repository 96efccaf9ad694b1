package cffake

import (
	"net/http"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Prefix of all paths.
const Prefix = "/client/v4"

// Config is the world at the start and the habits of the server.
type Config struct {
	Clock  clock.Clock // nil is clock.System
	Zones  []Zone
	Tokens []Token
	// Limit of calls of one token; the zero value is the real one.
	Limit Limit
	// MaxPerPage shortens pages of records silently; 0 does not.
	MaxPerPage int
	// Wrapped hides codes of invalid records in error_chain below 1004, as until October 2024.
	Wrapped bool
	// SaysUnknown answers 404 and 1001 for a zone that nobody has, instead of the 403 for a zone without rights.
	SaysUnknown bool
	// BareDelete answers DELETE with the result alone, as its documented schema has it.
	BareDelete bool
	// NoPageCount leaves total_pages out of lists.
	NoPageCount bool
}

// Zone at the start. Empty fields are those of an active Free zone.
type Zone struct {
	ID, Name, Account string
	Status            string // "active"
	Type              string // "full"
	Plan              string // "free"
	Quota             int    // records; 200
	Operations        int    // of one batch; 200
	Tags              int    // of one record; 0
	HidesPermissions  bool   // the legacy list of permissions stays empty
}

// Right on one zone.
type Right int

// Rights add up.
const (
	ZoneRead Right = 1 << iota
	DNSRead
	DNSWrite

	// Edit is what a token needs that keeps records.
	Edit = ZoneRead | DNSRead | DNSWrite
)

// Token is a bearer token.
type Token struct {
	Value   string
	Account string           // the owner, if an account owns it
	Status  string           // "active", "disabled", "expired"; "" is active
	Expires string           // RFC 3339; may be empty
	Rights  map[string]Right // by zone id
	IPs     []string         // addresses it may be used from; none is everywhere
}

// Record as the server keeps it.
type Record struct {
	ID, Name, Type, Content string
	TTL                     int
	Proxied                 bool
	Comment                 string
	Tags                    []string
	Created, Modified       time.Time
}

// zone is a Zone with its records, in the order of their creation. Its methods need the server's lock.
type zone struct {
	Zone
	records []Record
	ids     *int // shared by all zones
	clock   clock.Clock
}

// Server is the API. It is safe for concurrent use.
type Server struct {
	cfg Config
	mux *http.ServeMux

	mu      sync.Mutex
	zones   []*zone
	tokens  map[string]*Token
	windows map[string]*window
	faults  []*Fault
	frozen  map[string]*frozen
	calls   []*Call
	onWrite func()
	onList  func(page int)
	ids     int
	rays    int // calls ever seen
}

// New returns a server of that world.
func New(cfg Config) *Server {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Limit == (Limit{}) {
		cfg.Limit = Limit{Calls: 1200, Per: 5 * time.Minute, Block: 5 * time.Minute}
	}
	s := &Server{cfg: cfg, tokens: map[string]*Token{}, windows: map[string]*window{}, frozen: map[string]*frozen{}}
	for _, z := range cfg.Zones {
		s.AddZone(z)
	}
	for _, t := range cfg.Tokens {
		s.AddToken(t)
	}
	s.mux = s.routes()
	return s
}
