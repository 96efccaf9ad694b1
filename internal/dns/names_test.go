package dns_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	mdns "github.com/miekg/dns"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

func TestCanon_isOneSpelling(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for name, want := range map[string]string{
		"example.org":                   "example.org",
		"vm-1_a.example.org":            "vm-1_a.example.org",
		"ab--cd.example.org":            "ab--cd.example.org",
		"localhost":                     "localhost",
		"münchen.example":               "xn--mnchen-3ya.example",
		"MÜNCHEN.Example.":              "xn--mnchen-3ya.example",
		"XN--MNCHEN-3YA.example":        "xn--mnchen-3ya.example",
		"straße.example":                "xn--strae-oqa.example", // non-transitional: not strasse
		"vm1。example．org":               "vm1.example.org",
		"vm1.example.org。":              "vm1.example.org",
		"10.2.0.192.in-addr.arpa":       "10.2.0.192.in-addr.arpa",
		long + ".example":               long + ".example",
		strings.Repeat("a.", 126) + "a": strings.Repeat("a.", 126) + "a",
	} {
		got, err := dns.Canon(name)
		if got != want || err != nil {
			t.Errorf("Canon(%q) = %q, %v; want %q", name, got, err, want)
		}
		if got, err := dns.Canon("\t " + name + " \n"); got != want || err != nil {
			t.Errorf("Canon of %q with blanks around it = %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestCanon_refusesWithASentence(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                               `the name "" is empty; write a domain name such as`,
		" . ":                            "is empty",
		"a..example.org":                 "has nothing between two dots",
		".example.org":                   "has nothing between two dots or before the first",
		"example.org..":                  "has nothing between two dots",
		strings.Repeat("a", 64) + ".org": "has a part of more than 63 characters",
		strings.Repeat("ü", 60) + ".org": "has a part of more than 63 characters",
		strings.Repeat("a.", 127):        "", // 253 octets and a dot: fine
		strings.Repeat("a.", 127) + "a":  "is longer than 253 characters",
		"-a.example.org":                 "begins or ends with a hyphen",
		"a-.example.org":                 "begins or ends with a hyphen",
		"vm 1.example.org":               `holds ' '`,
		"*.example.org":                  `holds '*'`,
		"64/26.2.0.192.in-addr.arpa":     `holds '/'`,
		"a@example.org":                  `holds '@'`,
		"a\x00b.example.org":             "holds",
		"xn--a.example.org":              "holds characters, or an xn-- part",
		"\xff.example.org":               "holds characters",
		"a\u200db.example.org":           "holds characters",
	} {
		got, err := dns.Canon(name)
		if want == "" {
			if err != nil {
				t.Errorf("Canon(%q): %v", name, err)
			}
			continue
		}
		if got != "" || err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "the name ") {
			t.Errorf("Canon(%q) = %q, %v; want a sentence with %q", name, got, err, want)
		}
	}
	if _, err := dns.Canon(strings.Repeat("x!", 10_000)); err == nil || len(err.Error()) > 300 {
		t.Errorf("a name of 20,000 characters: the sentence has %d", len(err.Error()))
	}
}

func TestHostName_isBelowNoReverseZone(t *testing.T) {
	t.Parallel()
	if got, err := dns.HostName("VM_1.Example.org."); got != "vm_1.example.org" || err != nil {
		t.Errorf("HostName = %q, %v", got, err)
	}
	for _, name := range []string{"10.2.0.192.in-addr.arpa", "in-addr.arpa", "a.IP6.arpa.", "", "a b"} {
		if got, err := dns.HostName(name); err == nil || got != "" {
			t.Errorf("HostName(%q) = %q, want a refusal", name, got)
		}
	}
}

func TestTarget_isAFullHostName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Mail.Example.org.":   "mail.example.org",
		"münchen.example":     "xn--mnchen-3ya.example",
		"a--b.example":        "a--b.example",
		"1.2.3.4.dsl.example": "1.2.3.4.dsl.example",
		"192.0.2.1.example":   "192.0.2.1.example",
	} {
		if got, err := dns.Target(name); got != want || err != nil {
			t.Errorf("Target(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"localhost":              "has no domain",
		"vm_1.example.org":       "holds an underscore",
		"ab--cd.example.org":     "two hyphens as its third and fourth",
		"www.ab--.example":       "begins or ends with a hyphen",
		"192.0.2.1":              "is an address",
		"1.2.0.192.in-addr.arpa": "belongs to reverse records",
		"web..example.org":       "has nothing between two dots",
	} {
		if got, err := dns.Target(name); got != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Target(%q) = %q, %v; want a sentence with %q", name, got, err, want)
		}
	}
}

func FuzzCanon(f *testing.F) {
	for _, seed := range []string{"example.org", "Example.ORG.", "münchen.example", "xn--mnchen-3ya", "a..b", "。", "xn--.", "ß.ẞ", "a_b-.c", "\u202e.x", "xn--xn---x", "１９２.0.2.1", "-ü.example", "ab--ü"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		canon, err := dns.Canon(name)
		if err != nil {
			if canon != "" || !strings.HasPrefix(err.Error(), "the name ") || !utf8.ValidString(err.Error()) {
				t.Errorf("Canon(%q) = %q, %v", name, canon, err)
			}
			return
		}
		if again, err := dns.Canon(canon); again != canon || err != nil {
			t.Errorf("Canon(%q) = %q, whose Canon is %q, %v", name, canon, again, err)
		}
		if labels, ok := mdns.IsDomainName(canon); !ok || labels < 1 || len(canon) > 253 || strings.Trim(canon, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			t.Errorf("Canon(%q) = %q, which is not a name", name, canon)
		}
		if target, err := dns.Target(name); err == nil && target != canon {
			t.Errorf("Target(%q) = %q, want %q", name, target, canon)
		}
	})
}
