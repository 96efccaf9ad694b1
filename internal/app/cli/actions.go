package cli

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// Actions is the work behind the sub-commands; the assembly fills it, tests fill what they need. A nil func makes its
// command refuse with a sentence. Functions write for people to out and return one error, which the command prints.
type Actions struct {
	// Serve runs the sidecar until ctx ends, which is not an error.
	Serve func(ctx context.Context, cfg config.Config, log *slog.Logger) error
	// Migrate brings the schema up to date and says what it did.
	Migrate func(ctx context.Context, cfg config.Config, out io.Writer) error
	// Grants prints the least-privilege statements for the database user of cfg.
	Grants func(ctx context.Context, cfg config.Config, out io.Writer) error
	// Schema is the number of the newest migration built in.
	Schema func() int
	// States are the tables of the pipeline in the order they are printed.
	States func() []StateTable
	// Demo shows an order becoming a machine.
	Demo func(ctx context.Context, o DemoOptions, out io.Writer) error
	// Bench prints figures, their floors and their budgets.
	Bench func(ctx context.Context, args []string, out io.Writer) error
	// Sim runs the simulator until ctx ends, which is not an error.
	Sim func(ctx context.Context, o SimOptions, out io.Writer) error
	// Machine looks at one machine or sets it going.
	Machine func(ctx context.Context, cfg config.Config, o MachineOptions, out io.Writer) error
	// Audit compares clusters with the database and prints what differs; clean = nothing does.
	Audit func(ctx context.Context, cfg config.Config, asJSON bool, out io.Writer) (clean bool, err error)
	// Records plans, orders and configures DNS; well = nothing failed and nothing is left to do. Faults of a typed zone are
	// zones.FormErrors.
	Records func(ctx context.Context, cfg config.Config, o RecordOptions, out io.Writer) (well bool, err error)
	// Task has the service run or list periodic tasks, and prints what it says; well = all went well.
	Task func(ctx context.Context, cfg config.Config, o TaskOptions, out io.Writer) (well bool, err error)
	// Takeover takes over what older modules left, or says what it would; whole = no row was left.
	Takeover func(ctx context.Context, cfg config.Config, o TakeoverOptions, out io.Writer) (whole bool, err error)
	// Probes are what "check" looks at once the configuration is known, in order.
	Probes []Probe
}

// Probe is one look at the world by "kvmbridge check".
type Probe struct {
	Name string // short noun phrase, printed as "ok <name>"
	// Needs is the prefix of the option keys without which the probe cannot run, such as "db."; a fault in one of
	// them skips it.
	Needs string
	// Limit bounds the probe; 0 = 20 s.
	Limit time.Duration
	Run   func(ctx context.Context, cfg config.Config) []config.Fault
}

// StateTable is one table of steps as "kvmbridge states" prints it.
type StateTable struct {
	Table string      `json:"table"`
	Start string      `json:"start"`
	End   string      `json:"end"`
	Steps []StateStep `json:"steps"`
}

// StateStep is one row of a StateTable.
type StateStep struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Label string `json:"label"`
}

// DemoOptions are the flags of "kvmbridge demo".
type DemoOptions struct {
	Once bool // end after the first machine is ready
}

// SimOptions are the flags of "kvmbridge pvesim".
type SimOptions struct {
	Listen  string // host:port; TLS with a certificate made on the spot
	Version string // 7.4, 8.4 or 9.2
	Fast    bool   // tasks take no time
}
