package legacy

import (
	"fmt"
	"strings"
)

// Report says what became of everything that was found, or would become of it.
type Report struct {
	Preview  bool `json:"dry_run"`
	Pools    Part `json:"ip_pools"`
	Zones    Part `json:"dns_zones"`
	Machines Part `json:"vm_records"`
}

// Part is what became of one kind of rows.
type Part struct {
	Tables []string `json:"tables"` // that were found
	// Passed is a sentence about why nothing of it was looked at; "" = it was.
	Passed string `json:"passed,omitempty"`
	Taken  []Row  `json:"taken"`
	Left   []Row  `json:"left"`
	// Unknown are columns that nothing is known about, as table.column.
	Unknown []string `json:"unknown_columns,omitempty"`
}

// Row is one row of an older table.
type Row struct {
	Table string   `json:"table"`
	ID    string   `json:"id"` // of the row; of a VM record: the service
	What  string   `json:"what"`
	Why   string   `json:"why,omitempty"`   // a sentence: why it was left; "" = it was taken
	Notes []string `json:"notes,omitempty"` // sentences about what is different now
}

func (p *Part) take(r Row) { p.Taken = append(p.Taken, r) }

func (p *Part) leave(r Row, why string) {
	r.Why = why
	p.Left = append(p.Left, r)
}

func (p Part) found() int { return len(p.Taken) + len(p.Left) }

// Found tells whether there was anything at all.
func (r Report) Found() bool { return r.Pools.found()+r.Zones.found()+r.Machines.found() > 0 }

// Whole tells whether every row that was looked at was taken over.
func (r Report) Whole() bool { return len(r.Pools.Left)+len(r.Zones.Left)+len(r.Machines.Left) == 0 }

// taken tells whether anything was taken over.
func (r Report) taken() bool { return len(r.Pools.Taken)+len(r.Zones.Taken)+len(r.Machines.Taken) > 0 }

// Summary is the report in one sentence or two, for a log.
func (r Report) Summary() string {
	text := fmt.Sprintf("taken over from the older tables: %s, %s, %s.",
		r.Pools.counted("IP pools"), r.Zones.counted("DNS zones"), r.Machines.counted("VM records"))
	if !r.Whole() {
		text += ` What was left where it is, and why: "kvmbridge import --dry-run".`
	}
	return text
}

func (p Part) counted(what string) string {
	return fmt.Sprintf("%d of %d %s", len(p.Taken), p.found(), what)
}

// sentences joins them; each ends with a full stop.
func sentences(list []string) string { return strings.Join(list, " ") }
