package machines

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// shown is a machine as "kvmbridge vm show --json" prints it.
type shown struct {
	ServiceID      int64     `json:"service_id"`
	ServiceStatus  string    `json:"service_status"` // "" = WHMCS has no such service
	ClientID       int64     `json:"client_id"`
	ServerID       int64     `json:"server_id"`
	VMID           int       `json:"vm_id"`
	Name           string    `json:"name"`
	Domain         string    `json:"domain"`
	Node           string    `json:"node"`
	Status         string    `json:"status"`
	Suspended      bool      `json:"suspended"`
	Adopted        bool      `json:"adopted"`
	Addresses      []string  `json:"addresses"`
	Wish           string    `json:"wish,omitempty"`
	Jobs           []job     `json:"jobs"`
	Failures       int       `json:"failures"`
	FailingSince   time.Time `json:"failing_since,omitzero"`
	LastError      string    `json:"last_error,omitempty"`
	Attention      string    `json:"attention,omitempty"`
	AttentionSince time.Time `json:"attention_since,omitzero"`
	Holder         string    `json:"holder,omitempty"`
	LeaseUntil     time.Time `json:"lease_until,omitzero"` // while somebody holds it
	NextAt         time.Time `json:"next_at,omitzero"`     // while nobody does
	Next           []string  `json:"next"`                 // sentences
	DNS            []record  `json:"dns"`                  // in the order in which they were made
}

type job struct {
	Job   string    `json:"job"`
	Asked time.Time `json:"asked"`
}

func (f *Office) show(ctx context.Context, s store.Standing, asJSON bool, out io.Writer) (err error) {
	view := f.view(s)
	if view.DNS, err = f.records(ctx, s.Machine.ServiceID); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(out, view)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range labelled(view) {
		if line[1] != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], strings.ReplaceAll(line[1], "\n", "\n\t"))
		}
	}
	return w.Flush()
}

func (f *Office) view(s store.Standing) shown {
	m := s.Machine
	out := shown{
		ServiceID: m.ServiceID, ServiceStatus: s.ServiceStatus, ClientID: m.ClientID, ServerID: m.ServerID, VMID: m.VMID, Name: m.Name,
		Domain: m.Domain, Node: m.Node, Status: string(m.Status), Suspended: m.Suspended, Adopted: m.Adopted, Addresses: []string{},
		Wish: string(s.Wish), Jobs: []job{}, Failures: m.Failures, FailingSince: m.FailingSince, LastError: m.LastError,
		Attention: m.Attention, AttentionSince: s.WorryingSince, Holder: s.Holder,
		Next: next(s, Tables(), f.Clock.Now()),
	}
	for _, l := range m.Addresses {
		out.Addresses = append(out.Addresses, l.Address.String())
	}
	for _, j := range s.Jobs {
		out.Jobs = append(out.Jobs, job{string(j.Job), j.AskedAt})
	}
	if s.Holder != "" {
		out.LeaseUntil = s.WakeAt
	} else {
		out.NextAt = s.WakeAt
	}
	return out
}

// labelled is the machine for people, label and value; an empty value is left out.
func labelled(v shown) [][2]string {
	return [][2]string{
		{"service", fmt.Sprintf("%d (%s)", v.ServiceID, inWHMCS(v.ServiceStatus))},
		{"owner", owner(v.ClientID)},
		{"VM", strings.TrimSpace(vmid(vm.Machine{VMID: v.VMID}) + " " + v.Name)},
		{"domain", v.Domain},
		{"server", strconv.FormatInt(v.ServerID, 10)},
		{"node", v.Node},
		{"status", v.Status},
		{"suspended", when(v.Suspended, "yes")},
		{"adopted", when(v.Adopted, "yes, another module built it")},
		{"addresses", cmp.Or(strings.Join(v.Addresses, " "), "none")},
		{"wish", v.Wish},
		{"jobs", jobList(v.Jobs)},
		{"failures", when(v.Failures > 0, fmt.Sprintf("%d in a row since %s", v.Failures, moment(v.FailingSince)))},
		{"last error", v.LastError},
		{"attention", when(v.Attention != "", fmt.Sprintf("since %s: %s", moment(v.AttentionSince), v.Attention))},
		{"worked on by", when(v.Holder != "", fmt.Sprintf("%s until %s", v.Holder, moment(v.LeaseUntil)))},
		{"due", when(!v.NextAt.IsZero(), moment(v.NextAt))},
		{"next", strings.Join(v.Next, "\n")},
		{"DNS", recordList(v.DNS)},
	}
}

func inWHMCS(status string) string {
	if status == "" {
		return "WHMCS no longer has it"
	}
	return status + " in WHMCS"
}

func owner(client int64) string {
	if client == 0 {
		return "unknown"
	}
	return fmt.Sprintf("client %d", client)
}

func when(so bool, text string) string {
	if so {
		return text
	}
	return ""
}

func jobList(jobs []job) string {
	var list []string
	for _, j := range jobs {
		list = append(list, fmt.Sprintf("%s (asked for at %s)", j.Job, moment(j.Asked)))
	}
	return strings.Join(list, ", ")
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
