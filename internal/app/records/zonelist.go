package records

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
)

// zoneView is a zone as "kvmbridge dns zones --json" prints it.
type zoneView struct {
	ID       int64             `json:"id"`
	Zone     string            `json:"zone"`
	Kind     string            `json:"kind"`
	Type     string            `json:"type"`
	Server   string            `json:"server"`
	TTL      int               `json:"ttl"`
	TakeOver bool              `json:"take_over"`
	Fields   map[string]string `json:"fields"` // a secret that is there is __KEEP__
	Fault    string            `json:"fault,omitempty"`
	Live     int               `json:"live"`    // records that are as they should be
	Pending  int               `json:"pending"` // the others
	Failed   int               `json:"failed"`  // of the pending
}

// zones is "kvmbridge dns zones".
func (f *Office) zones(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	list, err := f.desk().All(ctx)
	if err != nil {
		return false, err
	}
	views := make([]zoneView, len(list))
	for i, z := range list {
		views[i] = viewOf(z)
	}
	switch {
	case o.JSON:
		return true, writeJSON(out, views)
	case len(views) == 0:
		_, err = fmt.Fprintln(out, "No DNS zone is configured; \"kvmbridge dns zones add\" adds one.")
		return true, err
	}
	return true, printZones(out, views)
}

func viewOf(z zonedesk.Listed) zoneView {
	return zoneView{
		ID: z.ID, Zone: z.Name, Kind: string(dns.KindOf(z.Name)), Type: z.Provider, Server: z.Server(), TTL: z.TTL, TakeOver: z.TakeOver,
		Fields: z.Shown(), Fault: z.Fault, Live: z.Live, Pending: z.Pending, Failed: z.Failed,
	}
}

func printZones(out io.Writer, views []zoneView) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) // remembers errors
	_, _ = fmt.Fprintln(w, "ID\tZONE\tKIND\tTYPE\tSERVER\tTTL\tLIVE\tPENDING\tFAILED")
	for _, v := range views {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n", v.ID, v.Zone, v.Kind, v.Type, v.Server, v.TTL, v.Live, v.Pending, v.Failed)
	}
	for _, v := range views {
		if v.Fault != "" {
			_, _ = fmt.Fprintf(w, "zone %d: %s\n", v.ID, v.Fault)
		}
	}
	return w.Flush()
}

// test is "kvmbridge dns zones test".
func (f *Office) test(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	_, findings, err := f.desk().Test(ctx, o.Zone)
	if err != nil {
		return false, hinted(err, "")
	}
	well := true
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, found := range findings {
		well = well && found.Level != dns.Failed
		_, _ = fmt.Fprintf(w, "%s\t%s: %s\n", found.Level, found.Step, found.Text)
	}
	return well, w.Flush()
}
