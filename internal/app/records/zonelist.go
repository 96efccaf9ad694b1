package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
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
	list, err := f.Book.DNSZones(ctx)
	if err != nil {
		return false, err
	}
	counts, err := f.Book.DNSCounts(ctx)
	if err != nil {
		return false, err
	}
	views := make([]zoneView, len(list))
	for i, z := range list {
		views[i] = viewOf(z, counts[z.ID])
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

func viewOf(z zones.Zone, n ledger.Count) zoneView {
	v := zoneView{
		ID: z.ID, Zone: z.Name, Kind: string(dns.KindOf(z.Name)), Type: z.Provider, Server: server(z), TTL: z.TTL, TakeOver: z.TakeOver,
		Fields: map[string]string{}, Fault: z.Fault, Live: n.Live, Pending: n.Pending, Failed: n.Failed,
	}
	shown := z.Redacted()
	for _, field := range zones.Find(z.Provider).Fields { // what another program saved beside them may be secret
		if value := shown.Fields[field.Name]; value != "" {
			v.Fields[field.Name] = value
		}
	}
	if v.Fields["server"] != "" {
		v.Fields["server"] = v.Server
	}
	return v
}

// server is where a zone is kept: a URL without anything that could be secret in it, or Cloudflare's id of the zone.
func server(z zones.Zone) string {
	if id := z.Fields["zone_id"]; id != "" && z.Provider == "cloudflare" {
		return "zone id " + id
	}
	saved := z.Fields["server"]
	u, err := url.Parse(saved)
	switch {
	case saved == "":
		return ""
	case err != nil || u.Host == "":
		return "(not a URL)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
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

// zone is the one of an id, or an error that names those there are.
func (f *Office) zone(ctx context.Context, id int64) (zones.Zone, error) {
	z, err := f.Book.DNSZone(ctx, id)
	if !errors.Is(err, zonebook.ErrNoZone) {
		return z, err
	}
	list, err := f.Book.DNSZones(ctx)
	switch {
	case err != nil:
		return z, err
	case len(list) == 0:
		return z, errNoZones
	}
	names := make([]string, len(list))
	for i, other := range list {
		names[i] = fmt.Sprintf("%d %s", other.ID, other.Name)
	}
	return z, fmt.Errorf("there is no DNS zone %d; the zones are %s", id, strings.Join(names, ", "))
}

// test is "kvmbridge dns zones test".
func (f *Office) test(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	z, err := f.zone(ctx, o.Zone)
	if err != nil {
		return false, err
	}
	well := true
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, found := range f.examine(ctx, z) {
		well = well && found.Level != dns.Failed
		_, _ = fmt.Fprintf(w, "%s\t%s: %s\n", found.Level, found.Step, found.Text)
	}
	return well, w.Flush()
}

// examine is what a test of a zone finds; it ends with what failed, if anything.
func (f *Office) examine(ctx context.Context, z zones.Zone) []dns.Finding {
	if z.Fault != "" {
		return []dns.Finding{{Step: "settings", Level: dns.Failed, Text: z.Fault}}
	}
	p, err := f.Open(z)
	if err != nil {
		return []dns.Finding{{Step: "settings", Level: dns.Failed, Text: err.Error()}}
	}
	return p.Test(ctx)
}
