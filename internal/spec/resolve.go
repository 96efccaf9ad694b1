package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// FaultsError is everything wrong with a product's settings and a service's order.
type FaultsError struct {
	Faults   []string // a sentence each
	Remedies []string // sentences that say where in WHMCS to correct them
}

func (e *FaultsError) Error() string {
	return strings.Join(slices.Concat(e.Faults, e.Remedies), " ")
}

// Fault tells the engine that an admin has to correct the product or the order.
func (e *FaultsError) Fault() pipeline.Fault { return pipeline.NeedsPerson }

func (e *FaultsError) add(faults []string, remedy string) {
	if len(faults) > 0 {
		e.Faults = append(e.Faults, faults...)
		e.Remedies = append(e.Remedies, remedy)
	}
}

// Resolve says what the service's guest should be: the defaults, overridden by the product's settings, overridden by the
// service's configurable options. The error is a *FaultsError with all faults at once. Settings that are empty, or hold the
// licence key that the reference product kept in their place, count as none.
func Resolve(f Facts) (Spec, error) {
	s := defaults()
	s.Template = legacyTemplate(f.LegacyTemplate)
	wrong := &FaultsError{}
	wrong.add(applySettings(&s, f.Settings), productPage+".")
	wrong.add(applyOptions(&s, f.Options), "Open Setup > Products/Services > Configurable Options and correct the part of the option's name before \"|\".")
	wrong.add(applyCustomFields(&s, f.CustomFields), "Open the service in the client's profile and correct the field.")
	if len(wrong.Faults) > 0 {
		return Spec{}, wrong
	}
	if s.Network.DHCP4 {
		s.Network.IPv4 = 0
	}
	if s.Network.DHCP6 {
		s.Network.IPv6 = 0
	}
	return s, nil
}

// CheckSettings returns a sentence for everything wrong with a product's settings text; none for a good or empty one.
func CheckSettings(text string) []string {
	s := defaults()
	return applySettings(&s, text)
}

func defaults() Spec {
	var s Spec
	for _, key := range table() {
		var value any
		if decode(key.Default, &value) == nil {
			key.put(&s, value)
		}
	}
	return s
}

// legacyTemplate reads configoption4 of a product taken over: a VM id, perhaps with a name behind "|".
func legacyTemplate(text string) int {
	var s Spec
	key := templateKey()
	key.put(&s, valuePart(text))
	return s.Template
}

// applySettings overrides s by the settings and returns a sentence for each fault.
func applySettings(s *Spec, text string) []string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if !strings.HasPrefix(text, "{") {
		if strings.ContainsAny(text, "{[\"") {
			return []string{`The settings must be one JSON object that begins with "{" and ends with "}".`}
		}
		return nil
	}
	var groups map[string]any
	if err := decode(text, &groups); err != nil {
		return []string{jsonFault(text, err)}
	}
	return append(twice([]byte(text), ""), applyGroups(s, groups)...)
}

func applyGroups(s *Spec, groups map[string]any) []string {
	var faults []string
	for _, group := range sorted(groups) {
		members, ok := groups[group].(map[string]any)
		switch {
		case groups[group] == nil:
			continue
		case !slices.Contains(groupNames(), group):
			faults = append(faults, unknown(group, groupNames()))
			continue
		case !ok:
			faults = append(faults, fmt.Sprintf(`%s is %s; it must be an object such as {"%s": …}.`, group, shown(groups[group]), firstOf(group)))
			continue
		}
		faults = append(faults, applyMembers(s, group, members)...)
	}
	return faults
}

func applyMembers(s *Spec, group string, members map[string]any) []string {
	var faults []string
	for _, name := range sorted(members) {
		path, value := group+"."+name, members[name]
		key, known := find(path)
		switch {
		case !known:
			faults = append(faults, unknown(path, paths()))
		case value != nil && !key.put(s, value):
			faults = append(faults, key.fault(path, value))
		}
	}
	return faults
}

// decode reads exactly one JSON value and keeps numbers as they were written.
func decode(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the closing brace")
	}
	return nil
}

// jsonFault says where the text stops being JSON.
func jsonFault(text string, err error) string {
	at := len(text)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = min(int(syntax.Offset), len(text))
	}
	line := 1 + strings.Count(text[:at], "\n")
	return fmt.Sprintf("The settings are not valid JSON at line %d: %v. Look for a missing comma, quote or brace there.", line, err)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
