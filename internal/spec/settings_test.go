package spec_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/golden"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

func TestKeys_defaultsObeyTheirOwnRules(t *testing.T) {
	t.Parallel()
	for _, key := range spec.Keys() {
		group, name, _ := strings.Cut(key.Path, ".")
		if faults := spec.CheckSettings(fmt.Sprintf(`{%q: {%q: %s}}`, group, name, key.Default)); len(faults) > 0 {
			t.Errorf("%s: the default %s is refused: %q", key.Path, key.Default, faults)
		}
		if key.Kind == "" || key.Allowed == "" || key.Help == "" {
			t.Errorf("%s: kind %q, allowed %q, help %q; want all three", key.Path, key.Kind, key.Allowed, key.Help)
		}
	}
}

func TestKeys_areUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, key := range spec.Keys() {
		if seen[key.Path] {
			t.Errorf("%s is in the table twice", key.Path)
		}
		seen[key.Path] = true
	}
}

func TestListing_isTheCommittedPage(t *testing.T) {
	t.Parallel()
	golden.Equal(t, "settings.md", spec.Listing())
}

func TestDidYouMean_findsEverySettingBehindOneTypo(t *testing.T) {
	t.Parallel()
	for _, key := range spec.Keys() {
		group, name, _ := strings.Cut(key.Path, ".")
		typo := name[:1] + "x" + name[1:]
		faults := spec.CheckSettings(fmt.Sprintf(`{%q: {%q: 1}}`, group, typo))
		want := fmt.Sprintf("%s.%s is not a known setting; did you mean %s?", group, typo, key.Path)
		if len(faults) != 1 || faults[0] != want {
			t.Errorf("got %q, want %q", faults, want)
		}
	}
}

// TestResolve_anySubsetOfSettings builds settings out of keys with their defaults, wrong values and names nobody knows: the
// good ones change nothing, every bad one has exactly one sentence that begins with its name.
func TestResolve_anySubsetOfSettings(t *testing.T) {
	t.Parallel()
	keys := spec.Keys()
	rapid.Check(t, func(t *rapid.T) {
		settings := map[string]map[string]json.RawMessage{}
		var bad []string
		for _, i := range rapid.SliceOfDistinct(rapid.IntRange(0, len(keys)-1), rapid.ID).Draw(t, "keys") {
			group, name, _ := strings.Cut(keys[i].Path, ".")
			value := json.RawMessage(keys[i].Default)
			switch rapid.IntRange(0, 3).Draw(t, "kind of value") {
			case 0:
				value = json.RawMessage(`["no", "setting", "takes", "a", "list"]`)
				bad = append(bad, keys[i].Path+" is a list; it must be ")
			case 1:
				name += "_zz"
				bad = append(bad, group+"."+name+" is not a known setting; did you mean "+keys[i].Path)
			}
			if settings[group] == nil {
				settings[group] = map[string]json.RawMessage{}
			}
			settings[group][name] = value
		}
		text, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		faults := spec.CheckSettings(string(text))
		if len(faults) != len(bad) {
			t.Fatalf("%s\n%d faults %q, want %d", text, len(faults), faults, len(bad))
		}
		for _, want := range bad {
			if !slices.ContainsFunc(faults, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Fatalf("no sentence about %q in %q", want, faults)
			}
		}
		if got, err := spec.Resolve(spec.Facts{Settings: string(text)}); (err != nil) != (len(bad) > 0) || (err == nil && got != want13()) {
			t.Fatalf("%s resolves to %+v, %v", text, got, err)
		}
	})
}

func FuzzResolve(f *testing.F) {
	f.Add(spec.DefaultSettings(), "9000|x", "CPU Cores", "4|4 cores", "ssh-rsa AAAA")
	f.Add(`{"vm":{"cpu":1,"cpu":2}}{`, "", "OS|x", "0", "")
	f.Add(`{"vm":{"ram_gb":1e308,"template":-1e400},"x":{"y":[{}]}}`, "", "RAM", "1e308", "\x00")
	f.Fuzz(func(t *testing.T, settings, template, option, value, key string) {
		s, err := spec.Resolve(spec.Facts{
			Settings: settings, LegacyTemplate: template,
			Options: map[string]string{option: value}, CustomFields: map[string]string{"SSH Key": key},
		})
		if err != nil {
			if s != (spec.Spec{}) || !strings.Contains(err.Error(), ".") {
				t.Errorf("a refused order has the spec %+v and the text %q", s, err)
			}
			return
		}
		if s.Cores < 1 || s.MemoryMiB < 16 || s.FirstVMID < 100 || s.Network.VLAN > 4094 || s.Network.Bridge == "" || s.NameRule == "" ||
			s.System.SizeGiB < 0 || s.Additional.SizeGiB < 0 || s.Network.IPv4 < 0 || s.Network.RateMBps < 0 {
			t.Errorf("settings %q were accepted as %+v", settings, s)
		}
	})
}
