package records

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// plan is "kvmbridge dns plan".
func (f *Office) plan(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	look, err := f.lookAhead(ctx, o.Service)
	if err != nil {
		return false, err
	}
	v := look.forecast()
	if o.JSON {
		return true, writeJSON(out, v)
	}
	return true, v.print(out)
}

// lookAhead is the outlook for one service, 0 = for all, which needs a zone.
func (f *Office) lookAhead(ctx context.Context, id int64) (outlook, error) {
	var ids []int64
	if id != 0 {
		if err := f.known(ctx, id); err != nil {
			return outlook{}, err
		}
		ids = append(ids, id)
	}
	look, err := f.outlook(ctx, ids...)
	if err == nil && len(look.zones) == 0 {
		err = errNoZones
		if n := len(look.before); n > 0 {
			err = fmt.Errorf("%w; left behind in zones that were removed, where nobody touches them: %s", errNoZones, zonedesk.Ours(n))
		}
	}
	return look, err
}

func (v forecast) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) // remembers errors
	for _, z := range v.Zones {
		_, _ = fmt.Fprintf(w, "zone %d %s (%s) at %s: %d to write, %d to remove, %d stay\n",
			z.ID, z.Zone, z.Kind, zones.Place(z.Provider, z.Server), len(z.Write), len(z.Remove), z.Stay)
		if z.Fault != "" {
			_, _ = fmt.Fprintf(w, "  nothing can be written: %s\n", z.Fault)
		}
		printLines(w, "write", z.Write)
		printLines(w, "remove", z.Remove)
		printLines(w, "forget", z.Forget)
	}
	v.printRest(w)
	return w.Flush()
}

// printRest is what no zone is concerned with; parts that are empty are left out.
func (v forecast) printRest(w io.Writer) {
	if len(v.NoZone) > 0 {
		_, _ = fmt.Fprintln(w, "in no zone, so that nothing is written:")
		printLines(w, "none", v.NoZone)
	}
	if len(v.Orphans) > 0 {
		_, _ = fmt.Fprintln(w, "in zones whose entry was removed or leads elsewhere now, where nobody touches them:")
		printLines(w, "orphan", v.Orphans)
	}
	if len(v.Problems) > 0 {
		_, _ = fmt.Fprintln(w, "no record can be made of:")
		for _, p := range v.Problems {
			_, _ = fmt.Fprintf(w, "  service %d: %s\n", p.ServiceID, p.Text)
		}
	}
	for _, id := range v.Ending {
		_, _ = fmt.Fprintf(w, "service %d is left alone: its termination has its records\n", id)
	}
	if v.Guard != "" {
		_, _ = fmt.Fprintf(w, "a sync stops unless it is forced: %s\n", v.Guard)
	}
}

func printLines(w io.Writer, what string, lines []line) {
	for _, l := range lines {
		remark := fmt.Sprintf("service %d", l.ServiceID)
		if l.ZoneID != 0 {
			remark += fmt.Sprintf(", zone %d", l.ZoneID)
		}
		if l.Ordered {
			remark += ", ordered already"
		}
		if l.LastError != "" {
			remark += ", last error: " + l.LastError
		}
		_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", what, l.Type, l.Name, l.Value, remark)
	}
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
