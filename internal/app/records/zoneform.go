package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// add is "kvmbridge dns zones add".
func (f *Office) add(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	z, err := f.check(ctx, fill(zones.Zone{}, o.Form), nil)
	if err != nil {
		return false, err
	}
	if z.ID, err = f.Book.SaveDNSZone(ctx, z); err != nil {
		return false, err
	}
	_, err = fmt.Fprintf(out, "Zone %d is %s at %s. Prove it with \"kvmbridge dns zones test %d\"; \"kvmbridge dns sync --all\" writes the records of the VMs that there are.\n",
		z.ID, z.Name, at(z.Provider, server(z)), z.ID)
	return true, err
}

// edit is "kvmbridge dns zones edit".
func (f *Office) edit(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	old, err := f.zone(ctx, o.Zone)
	if err != nil {
		return false, err
	}
	z, err := f.check(ctx, fill(old.Redacted(), o.Form), &old)
	if err != nil {
		return false, err
	}
	behind, err := f.behind(ctx, old.ID)
	if err != nil {
		return false, err
	}
	if moved(old, z) && behind > 0 && !o.Force {
		return false, fmt.Errorf("%s in zone %d, %s at %s, would stay behind there: nothing was changed; add a zone instead, or repeat with --force if %s is the same zone by another address",
			ours(behind), old.ID, old.Name, at(old.Provider, server(old)), at(z.Provider, server(z)))
	}
	if _, err := f.Book.SaveDNSZone(ctx, z); err != nil {
		return false, err
	}
	_, err = fmt.Fprintf(out, "Zone %d is %s at %s now.\n", z.ID, z.Name, at(z.Provider, server(z)))
	if err != nil {
		return false, err
	}
	return true, f.again(ctx, z.ID, out)
}

// again makes due at once what may have failed because of how the zone was.
func (f *Office) again(ctx context.Context, zoneID int64, out io.Writer) error {
	n, err := f.Book.RetryDNS(ctx, 0, zoneID, f.Clock.Now())
	if err == nil && n > 0 {
		_, err = fmt.Fprintf(out, "What failed there is tried again now by a running kvmbridge serve: %s.\n", ours(int(n)))
	}
	return err
}

// fill puts what was typed over a zone.
func fill(z zones.Zone, form cli.ZoneForm) zones.Zone {
	if form.Name != nil {
		z.Name = *form.Name
	}
	if form.Type != nil && providerID(*form.Type) != z.Provider {
		z.Provider, z.Fields = providerID(*form.Type), nil // fields of another provider mean something else
	}
	if form.TTL != nil {
		z.TTL = *form.TTL
	}
	if form.TakeOver != nil {
		z.TakeOver = *form.TakeOver
	}
	fields := map[string]string{}
	for _, known := range zones.Find(z.Provider).Fields {
		switch value := z.Fields[known.Name]; {
		case known.Secret && form.Secret != nil:
			fields[known.Name] = *form.Secret
		case value != "":
			fields[known.Name] = value
		}
	}
	maps.Copy(fields, form.Fields)
	z.Fields = fields
	return z
}

// providerID takes the label of a provider too.
func providerID(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// check is zones.Check beside the zones that there are. Its faults say how a secret is given.
func (f *Office) check(ctx context.Context, typed zones.Zone, old *zones.Zone) (zones.Zone, error) {
	others, err := f.Book.DNSZones(ctx)
	if err != nil {
		return zones.Zone{}, err
	}
	z, err := zones.Check(typed, old, others)
	faults, ok := errors.AsType[zones.FormErrors](err)
	if !ok {
		return z, err
	}
	for i, fault := range faults {
		if slices.ContainsFunc(zones.Find(typed.Provider).Fields, func(f zones.Field) bool { return f.Secret && f.Name == fault.Field }) {
			faults[i].Text += " Give it with --secret-stdin."
		}
	}
	return z, faults
}

// moved tells a zone that leads to other records than before; a new token for the same zone does not.
func moved(old, z zones.Zone) bool {
	return old.Provider != z.Provider || old.Name != z.Name ||
		slices.ContainsFunc([]string{"server", "user", "zone_id"}, func(field string) bool { return old.Fields[field] != z.Fields[field] })
}

// behind counts what is ours in a zone entry.
func (f *Office) behind(ctx context.Context, id int64) (int, error) {
	counts, err := f.Book.DNSCounts(ctx)
	return counts[id].Ours, err
}

// delete is "kvmbridge dns zones delete".
func (f *Office) delete(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	z, err := f.zone(ctx, o.Zone)
	if err != nil {
		return false, err
	}
	behind, err := f.behind(ctx, z.ID)
	if err != nil {
		return false, err
	}
	if behind > 0 && !o.Force {
		return false, fmt.Errorf("%s would stay behind in %s at %s, where nobody would touch them any more: zone %d was not deleted; repeat with --force if that is meant",
			ours(behind), z.Name, at(z.Provider, server(z)), z.ID)
	}
	if err := f.Book.DeleteDNSZone(ctx, z.ID); err != nil {
		return false, err
	}
	_, err = fmt.Fprintf(out, "Zone %d (%s) was deleted here; nothing was changed at %s.\n", z.ID, z.Name, at(z.Provider, server(z)))
	if err == nil && behind > 0 {
		_, err = fmt.Fprintf(out, "Left behind there: %s.\n", ours(behind))
	}
	return true, err
}

// ours counts in words.
func ours(n int) string {
	if n == 1 {
		return "1 record of ours"
	}
	return fmt.Sprintf("%d records of ours", n)
}
