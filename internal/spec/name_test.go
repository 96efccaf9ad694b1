package spec_test

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// dnsName is Proxmox VE's format for VM names.
var dnsName = regexp.MustCompile(`^(?:[a-zA-Z0-9](?:[a-zA-Z0-9\-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9\-]*[a-zA-Z0-9])?$`)

func values() spec.NameValues {
	return spec.NameValues{ClientID: 7, ServiceID: 42, Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Random: rand.Reader}
}

func TestName_macros(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"":                         `7-42`,
		"  ":                       `7-42`,
		"{client_id}-{service_id}": `7-42`,
		"vm{service_id}":           `vm42`,
		"a.b.{service_id}":         `a\.b\.42`,
		"{year}{month}{day}-{hour}{minute}{second}": `20260304-050607`,
		"t{unixtime}":                        `t1772600767`,
		"r{random_digit_6}":                  `r[0-9]{6}`,
		"{random_letter_63}":                 `[a-z]{63}`,
		"{random_letter_1}x{random_digit_1}": `[a-z]x[0-9]`,
	} {
		got, err := spec.Name(rule, values())
		if err != nil || !regexp.MustCompile("^(?:"+want+")$").MatchString(got) {
			t.Errorf("Name(%q) = %q, %v; want %s", rule, got, err, want)
		}
	}
}

func TestName_refusesWithASentence(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"{service}":          "{service} is not a macro; there are {client_id}",
		"{Service_id}":       "is not a macro",
		"{}":                 "{} is not a macro",
		"vm{service_id":      `the brace before "service_id" is never closed`,
		"vm}{service_id}":    "a closing brace has no opening one",
		"{random_digit_}":    "must end in a count from 1 to 63",
		"{random_digit_0}":   "must end in a count from 1 to 63",
		"{random_letter_64}": "must end in a count from 1 to 63",
		"{random_letter_x}":  "must end in a count from 1 to 63",
		"vm_{service_id}":    `it makes the name "vm_42"`,
		"-{service_id}":      `it makes the name "-42"`,
		"vm..{service_id}":   `it makes the name "vm..42"`,
		"vm {service_id}":    `it makes the name "vm 42"`,
		"{random_digit_60}{service_id}{client_id}a": "at most 63 characters",
		strings.Repeat("abc.", 80) + "x":            "it makes the name",
	} {
		got, err := spec.Name(rule, values())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Name(%q) = %q, %v; want a sentence with %q", rule, got, err, want)
		}
	}
}

func TestName_reportsADrySource(t *testing.T) {
	t.Parallel()
	v := values()
	v.Random = strings.NewReader("short")
	if got, err := spec.Name("{random_digit_4}", v); err == nil {
		t.Errorf("got %q, want an error when there is no randomness", got)
	}
}

func TestSettings_refuseARuleThatOnlyFitsSmallNumbers(t *testing.T) {
	t.Parallel()
	rule := strings.Repeat("a", 56) + "{service_id}"
	if name, err := spec.Name(rule, values()); err != nil {
		t.Fatalf("Name(%q) = %q, %v; want it to fit service 42", rule, name, err)
	}
	if faults := spec.CheckSettings(fmt.Sprintf(`{"vm": {"name_rule": %q}}`, rule)); len(faults) != 1 {
		t.Errorf("CheckSettings = %q, want the rule refused: service 10,000,000 has no valid name", faults)
	}
}

func TestFQDN_joinsWithOneDot(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"7-42", "example.com", "7-42.example.com"},
		{"7-42", ".example.com", "7-42.example.com"},
		{"VM-1", "Example.com.", "vm-1.example.com"},
		{"vm", "", "vm"},
	} {
		if got := spec.FQDN(c[0], c[1]); got != c[2] {
			t.Errorf("FQDN(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestName_isAlwaysOneThatProxmoxTakes(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"{client_id}", "{service_id}", "{random_digit_3}", "{random_letter_9}", "{year}", "{", "}", "-", ".", "a", "_", "Z"})
	rapid.Check(t, func(t *rapid.T) {
		checkName(t, strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "rule"), ""))
	})
}

func FuzzName(f *testing.F) {
	f.Add("{client_id}-{service_id}")
	f.Add("{random_letter_5}.{unixtime}{")
	f.Fuzz(func(t *testing.T, rule string) { checkName(t, rule) })
}

type failer interface {
	Errorf(format string, args ...any)
}

func checkName(t failer, rule string) {
	name, err := spec.Name(rule, values())
	if err != nil {
		if !strings.HasPrefix(err.Error(), "VM name rule ") {
			t.Errorf("Name(%q): %v does not name the rule", rule, err)
		}
		return
	}
	if !dnsName.MatchString(name) {
		t.Errorf("Name(%q) = %q, which Proxmox refuses", rule, name)
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) > 63 {
			t.Errorf("Name(%q) = %q: %q is longer than 63", rule, name, label)
		}
	}
}
