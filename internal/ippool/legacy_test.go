package ippool_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestParseLegacy_readsGoodLines(t *testing.T) {
	t.Parallel()
	text := "vmbr2|40|198.51.100.20|26|198.51.100.1|9.9.9.9,1.0.0.1\r\n" +
		"\r\n" +
		" vmbr0 | 0 | 192.0.2.7 | 32 | 192.0.2.1 | 9.9.9.9, \n" +
		"vmbr0|0|192.0.2.8|32|192.0.2.1|\n"
	got, problems := ippool.ParseLegacy(text, 7)
	if len(problems) != 0 {
		t.Errorf("problems %v, want none", problems)
	}
	if len(got) != 3 {
		t.Fatalf("%d pools, want 3: %v", len(got), got)
	}
	want := ippool.Pool{ServerID: 7, First: addr("198.51.100.20"), Last: addr("198.51.100.20"), Network: ippool.Network{
		Bridge: "vmbr2", VLAN: 40, Bits: 26, Gateway: addr("198.51.100.1"), DNS: addrs([]string{"9.9.9.9", "1.0.0.1"}),
	}}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("first pool\n got %+v\nwant %+v", got[0], want)
	}
	if dns := addrs([]string{"9.9.9.9"}); !reflect.DeepEqual(got[1].DNS, dns) {
		t.Errorf("one DNS server: got %v, want %v", got[1].DNS, dns)
	}
	if got[2].DNS != nil {
		t.Errorf("no DNS server: got %v, want none", got[2].DNS)
	}
}

func TestParseLegacy_saysWhatIsWrongAndGoesOn(t *testing.T) {
	t.Parallel()
	const good = "vmbr0|0|192.0.2.50|24|192.0.2.1|9.9.9.9\n"
	for line, want := range map[string]string{
		"vmbr0|0|192.0.2.7|24": "The line has 4 of the 6 parts",
		"192.0.2.7":            "The line has 1 of the 6 parts",
		"vmbr0|0|192.0.2.7|24|192.0.2.1|9.9.9.9|x":      "The line has 7 of the 6 parts",
		"vmbr 0|0|192.0.2.7|24|192.0.2.1|9.9.9.9":       "The bridge must be",
		"|0|192.0.2.7|24|192.0.2.1|9.9.9.9":             "The bridge must be",
		"vmbr0||192.0.2.7|24|192.0.2.1|9.9.9.9":         "The VLAN must be a number from 0 to 4094",
		"vmbr0|4095|192.0.2.7|24|192.0.2.1|9.9.9.9":     "The VLAN must be a number from 0 to 4094",
		"vmbr0|0|192.0.2.300|24|192.0.2.1|9.9.9.9":      "The address must be an IPv4 address",
		"vmbr0|0|2001:db8::7|24|192.0.2.1|9.9.9.9":      "The address must be an IPv4 address",
		"vmbr0|0|192.0.2.7|33|192.0.2.1|9.9.9.9":        "The mask must be a number from 1 to 32",
		"vmbr0|0|192.0.2.7|255.255.255.0|192.0.2.1|":    "write the prefix length",
		"vmbr0|0|192.0.2.7|24||9.9.9.9":                 "The gateway must be an IPv4 address",
		"vmbr0|0|192.0.2.7|24|192.0.2.1|ns.example.org": "Each DNS server must be an IPv4 address",
		"vmbr0|0|192.0.2.7|24|192.0.2.7|9.9.9.9":        "is its own gateway",
		"vmbr0|0|192.0.2.50|32|192.0.2.1|9.9.9.9":       "192.0.2.50 is already listed for this bridge and VLAN on line 1",
	} {
		pools, problems := ippool.ParseLegacy(good+line+"\n"+"vmbr0|0|192.0.2.51|24|192.0.2.1|9.9.9.9", 1)
		if len(pools) != 2 {
			t.Errorf("%q: %d pools, want the two good lines", line, len(pools))
		}
		if len(problems) != 1 || problems[0].Line != 2 || !strings.Contains(problems[0].Text, want) {
			t.Errorf("%q: problems %v, want one on line 2 with %q", line, problems, want)
		}
	}
}

func TestProblem_namesItsLine(t *testing.T) {
	t.Parallel()
	_, problems := ippool.ParseLegacy("\n\nvmbr0", 1)
	if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), "Line 3: The line has 1 of the 6 parts") {
		t.Errorf("got %v, want a sentence about line 3", problems)
	}
}

func FuzzParseLegacy(f *testing.F) {
	f.Add("vmbr2|40|198.51.100.20|26|198.51.100.1|9.9.9.9,1.0.0.1\r\n\r\nvmbr0|0|x")
	f.Add("|||||\n||||||")
	f.Fuzz(func(t *testing.T, text string) {
		pools, problems := ippool.ParseLegacy(text, 3)
		for _, p := range pools {
			if faults := ippool.Check(p); len(faults) > 0 {
				t.Errorf("%+v was accepted but Check says %v", p, faults)
			}
			if p.ID != 0 || p.ServerID != 3 || p.First != p.Last || !p.First.Is4() {
				t.Errorf("%+v is not a legacy entry of server 3", p)
			}
		}
		for _, problem := range problems {
			if problem.Line < 1 || problem.Text == "" {
				t.Errorf("problem %+v names no line or no reason", problem)
			}
		}
		if filled := len(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })); len(pools)+len(problems) > filled {
			t.Errorf("%d pools and %d problems from %d lines", len(pools), len(problems), filled)
		}
	})
}
