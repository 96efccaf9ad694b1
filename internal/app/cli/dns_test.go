package cli_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
)

func TestDNS_printsOneAnswerPerLineAndNothingElse(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"dns ptr 192.0.2.10 ::ffff:10.0.0.1":  "10.2.0.192.in-addr.arpa\n1.0.0.10.in-addr.arpa\n",
		"dns ptr 2001:DB8:0::5":               "5." + strings.Repeat("0.", 23) + "8.b.d.0.1.0.0.2.ip6.arpa\n",
		"dns zone 192.0.2.0/24 2001:db8::/32": "2.0.192.in-addr.arpa\n8.b.d.0.1.0.0.2.ip6.arpa\n",
		"dns zone 192.0.2.77/23":              "classless delegation required\n",
		"dns zone 192.0.2.64/26 10.0.0.0/8":   "classless delegation required\n10.in-addr.arpa\n",
	} {
		if d := cmp.Diff(terminal{0, want, ""}, run(t, cli.Actions{}, nil, strings.Fields(line)...), cmp.AllowUnexported(terminal{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", line, d)
		}
	}
}

func TestDNS_saysWhatIsWrongAndPrintsNothing(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"dns ptr":                           "give at least one address",
		"dns ptr 192.0.2.10 vm.example.org": `"vm.example.org" is not an IP address`,
		"dns ptr 192.0.2.010":               "without leading zeros",
		"dns ptr 192.0.2.0/24":              `"192.0.2.0/24" is not an IP address`,
		"dns ptr fe80::1%eth0":              "is tied to an interface",
		"dns zone":                          "give at least one network",
		"dns zone 192.0.2.0/24 192.0.2.1":   `"192.0.2.1" is not a network with its mask`,
		"dns zone 192.0.2.0/33":             "is not a network with its mask",
		"dns zone ::/0":                     "holds every address",
	} {
		got := run(t, cli.Actions{}, nil, strings.Fields(line)...)
		if got.code != 2 || got.out != "" || !strings.HasPrefix(got.err, "kvmbridge: ") || !strings.Contains(got.err, want) {
			t.Errorf("%s: %+v, want code 2 and %q", line, got, want)
		}
	}
}
