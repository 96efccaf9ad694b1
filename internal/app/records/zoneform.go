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
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// add is "kvmbridge dns zones add".
func (f *Office) add(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	typed := fill(zones.Zone{}, o.Form)
	z, err := f.desk().Add(ctx, f.By, typed)
	if err != nil {
		return false, hinted(err, typed.Provider)
	}
	_, err = fmt.Fprintf(out, "Zone %d is %s at %s. Prove it with \"kvmbridge dns zones test %d\"; \"kvmbridge dns sync --all\" writes the records of the VMs that there are.\n",
		z.ID, z.Name, z.Place(), z.ID)
	return true, err
}

// edit is "kvmbridge dns zones edit".
func (f *Office) edit(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	var provider string
	r, err := f.desk().Edit(ctx, zonedesk.Edit{ID: o.Zone, Anyway: o.Force, By: f.By, Fill: func(saved zones.Zone) zones.Zone {
		typed := fill(saved, o.Form)
		provider = typed.Provider
		return typed
	}})
	if behind, ok := errors.AsType[*zonedesk.BehindError](err); ok {
		z := behind.Zone
		return false, fmt.Errorf("%s in zone %d, %s at %s, would stay behind there: nothing was changed; add a zone instead, or repeat with --force if %s is the same zone by another address",
			zonedesk.Ours(behind.Records), z.ID, z.Name, z.Place(), behind.Wanted.Place())
	}
	if err != nil {
		return false, hinted(err, provider)
	}
	_, err = fmt.Fprintf(out, "Zone %d is %s at %s now.\n", r.Zone.ID, r.Zone.Name, r.Zone.Place())
	if err == nil && r.Due > 0 {
		_, err = fmt.Fprintf(out, "What failed there is tried again now by a running kvmbridge serve: %s.\n", zonedesk.Ours(int(r.Due)))
	}
	return true, err
}

// delete is "kvmbridge dns zones delete".
func (f *Office) delete(ctx context.Context, o cli.RecordOptions, out io.Writer) (bool, error) {
	r, err := f.desk().Delete(ctx, zonedesk.Delete{ID: o.Zone, Anyway: o.Force, By: f.By})
	if behind, ok := errors.AsType[*zonedesk.BehindError](err); ok {
		return false, fmt.Errorf("%w: zone %d was not deleted; repeat with --force if that is meant", behind, behind.Zone.ID)
	}
	if err != nil {
		return false, hinted(err, "")
	}
	_, err = fmt.Fprintf(out, "Zone %d (%s) was deleted here; nothing was changed at %s.\n", r.Zone.ID, r.Zone.Name, r.Zone.Place())
	if err == nil && r.Behind > 0 {
		_, err = fmt.Fprintf(out, "Left behind there: %s.\n", zonedesk.Ours(r.Behind))
	}
	return true, err
}

// hinted is a refusal with what to do about it on the command line.
func hinted(err error, provider string) error {
	if none, ok := errors.AsType[*zonedesk.NoZoneError](err); ok && len(none.Zones) == 0 {
		return errNoZones
	}
	faults, ok := errors.AsType[zones.FormErrors](err)
	if !ok {
		return err
	}
	for i, fault := range faults {
		if slices.ContainsFunc(zones.Find(provider).Fields, func(f zones.Field) bool { return f.Secret && f.Name == fault.Field }) {
			faults[i].Text += " Give it with --secret-stdin."
		}
	}
	return faults
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
