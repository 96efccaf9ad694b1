package spec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

func TestProblems_sayWhereToFix(t *testing.T) {
	t.Parallel()
	s, err := spec.Resolve(spec.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Problems()
	if len(got) != 1 || !strings.Contains(got[0], "no OS template") || !strings.Contains(got[0], "Setup > Products/Services") {
		t.Errorf("got %q, want one sentence about the template and where to set it", got)
	}
	s.Template = 9000
	if got := s.Problems(); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
}

func TestWarnings_ofOddCombinations(t *testing.T) {
	t.Parallel()
	const static = `"dhcp4": false, "dhcp6": false`
	for settings, want := range map[string][]string{
		`{}`:                              {"Neither firewall rules nor the IP set"},
		`{"firewall": {"enable": false}}`: nil,
		`{"network": {` + static + `}}`:   nil,
		`{"network": {"ipv4": 0, ` + static + `}}`:                                                      {"The VM gets no address"},
		`{"network": {` + static + `}, "firewall": {"ip_filter": true}}`:                                nil,
		`{"network": {` + static + `}, "firewall": {"ip_filter": true, "anti_spoofing": false}}`:        {"drops all IPv4"},
		`{"network": {` + static + `}, "system_disk": {"storage": "fast"}}`:                             {"no effect on a linked clone"},
		`{"network": {` + static + `}, "system_disk": {"storage": "fast"}, "vm": {"clone": "full"}}`:    nil,
		`{"network": {` + static + `}, "vm": {"name_rule": "vm{client_id}"}}`:                           {"vm.name_rule holds neither"},
		`{"network": {` + static + `}, "vm": {"name_rule": "vm{random_digit_9}"}}`:                      nil,
		`{"network": {` + static + `}, "vm": {"snapshot_schedule": true, "snapshot_lifetime_days": 3}}`: {"is ignored while"},
		`{"network": {"bandwidth_mbps": 5, ` + static + `}, "traffic": {"throttle_mbps": 5}}`:           {"slows nothing down"},
		`{"network": {"bandwidth_mbps": 5, ` + static + `}, "traffic": {"throttle_mbps": 4}}`:           nil,
		`{"network": {` + static + `}, "traffic": {"throttle_mbps": 4}}`:                                nil,
		`{"network": {"dhcp4": false}, "vm": {"snapshot_lifetime_days": 3}}`:                            {"Neither firewall rules"},
	} {
		s, err := spec.Resolve(spec.Facts{Settings: settings})
		if err != nil {
			t.Errorf("%s: %v", settings, err)
			continue
		}
		s.MainDomain = "cloud.test"
		got := s.Warnings()
		if !slices.EqualFunc(got, want, strings.Contains) {
			t.Errorf("%s: warnings %q, want %q", settings, got, want)
		}
	}
}

func TestWarnings_ofTheExampleDomain(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]int{
		`{"firewall": {"enable": false}}`:                                                1,
		`{"firewall": {"enable": false}, "integrations": {"main_domain": "cloud.test"}}`: 0,
	} {
		s, err := spec.Resolve(spec.Facts{Settings: settings})
		if got := s.Warnings(); err != nil || len(got) != want {
			t.Errorf("%s: warnings %q, %v; want %d", settings, got, err, want)
		}
	}
}
