package zones_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

func power(change ...string) zones.Zone {
	return with(zones.Zone{Name: "example.org", Provider: "powerdns", Fields: map[string]string{"server": "http://127.0.0.1:8081", "api_key": "k-secret"}}, change)
}

func hestia(change ...string) zones.Zone {
	return with(zones.Zone{Name: "example.org", Provider: "hestiacp", Fields: map[string]string{
		"server": "https://panel.example.net:8083/", "admin": "admin", "password": "p-secret", "user": "cust",
	}}, change)
}

func cloudflare(change ...string) zones.Zone {
	return with(zones.Zone{Name: "example.org", Provider: "cloudflare", Fields: map[string]string{
		"zone_id": "0123456789abcdef0123456789abcdef", "api_token": "t-secret",
	}}, change)
}

// with sets field, value, field, value …; "zone" and "type" are the zone's own.
func with(z zones.Zone, change []string) zones.Zone {
	for pair := range slices.Chunk(change, 2) {
		switch pair[0] {
		case "zone":
			z.Name = pair[1]
		case "type":
			z.Provider = pair[1]
		default:
			z.Fields[pair[0]] = pair[1]
		}
	}
	return z
}

func TestCheck_writesEverythingInOneSpelling(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typed zones.Zone
		field string
		want  string
	}{
		"zone with dot and capitals":      {power("zone", " Example.ORG. "), "zone", "example.org"},
		"zone in unicode":                 {power("zone", "münchen.example"), "zone", "xn--mnchen-3ya.example"},
		"type by its label":               {power("type", "PowerDNS"), "type", "powerdns"},
		"powerdns copied from the manual": {power("server", "https://DNS.example.net:8081/api/v1/servers/localhost/"), "server", "https://dns.example.net:8081"},
		"powerdns behind a proxy":         {power("server", "https://dns.example.net/pdns/api/v1"), "server", "https://dns.example.net/pdns"},
		"hestia without slash":            {hestia("server", "https://panel.example.net:8083"), "server", "https://panel.example.net:8083/"},
		"hestia without port":             {hestia("server", "https://panel.example.net/login/"), "server", "https://panel.example.net:8083/"},
		"hestia password keeps blanks":    {hestia("password", " p "), "password", " p "},
		"token with its header":           {cloudflare("api_token", " Bearer abc\n"), "api_token", "abc"},
		"zone id in capitals":             {cloudflare("zone_id", "0123456789ABCDEF0123456789ABCDEF"), "zone_id", "0123456789abcdef0123456789abcdef"},
		"fingerprint with colons":         {power("fingerprint", strings.Repeat("AB:", 31)+"AB"), "fingerprint", strings.Repeat("ab", 32)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := zones.Check(tc.typed, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]string{"zone": got.Name, "type": got.Provider}[tc.field]
			if have == "" {
				have = got.Fields[tc.field]
			}
			if have != tc.want || got.TTL != dns.DefaultTTL {
				t.Errorf("%s is %q, TTL %d; want %q and the default", tc.field, have, got.TTL, tc.want)
			}
		})
	}
}

func TestCheck_namesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	long := power()
	long.TTL = 1 << 40
	for name, tc := range map[string]struct {
		typed zones.Zone
		field string
		words string
	}{
		"no zone":                 {power("zone", " "), "zone", "empty"},
		"zone with a slash":       {power("zone", "64/26.2.0.192.in-addr.arpa"), "zone", "hyphen"},
		"www zone at hestia":      {hestia("zone", "www.example.org"), "zone", "www."},
		"unknown type":            {power("type", "bind"), "type", "Choose"},
		"TTL out of range":        {long, "ttl", "86400"},
		"hestia over http":        {hestia("server", "http://panel.example.net:8083"), "server", "https://"},
		"server without a scheme": {power("server", "dns.example.net:8081"), "server", "URL"},
		"server with a password":  {power("server", "https://u:p@dns.example.net"), "server", "password"},
		"no key":                  {power("api_key", ""), "api_key", "missing"},
		"sentinel as a key":       {power("api_key", zones.Keep), "api_key", "missing"},
		"zone id is a name":       {cloudflare("zone_id", "example.org"), "zone_id", "32 characters"},
		"field of another type":   {power("zone_id", "x"), "zone_id", "no field"},
		"owner with a space":      {hestia("user", "a b"), "user", "user name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := zones.Check(tc.typed, nil, nil)
			var faults zones.FormErrors
			if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Field != tc.field || !strings.Contains(faults[0].Text, tc.words) {
				t.Fatalf("faults %q, want one about %s with %q", err, tc.field, tc.words)
			}
		})
	}
}

// A saved secret stays where nothing else was entered, but only for the server it was entered for.
func TestCheck_keepsSecrets(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		old, typed zones.Zone
		want       string // the secret, "" = refused
	}{
		"empty keeps":                  {power(), power("api_key", ""), "k-secret"},
		"sentinel keeps":               {power(), power("api_key", zones.Keep), "k-secret"},
		"typed replaces":               {power(), power("api_key", "new"), "new"},
		"other spelling of the server": {power(), power("api_key", "", "server", "http://127.0.0.1:8081/api/v1/"), "k-secret"},
		"another server":               {power(), power("api_key", zones.Keep, "server", "http://192.0.2.1:8081"), ""},
		"another server, new key":      {power(), power("api_key", "new", "server", "http://192.0.2.1:8081"), "new"},
		"another pin":                  {power(), power("api_key", "", "fingerprint", strings.Repeat("ab", 32)), ""},
		"another admin":                {hestia(), hestia("password", "", "admin", "root"), ""},
		"another owner":                {hestia(), hestia("password", "", "user", "other"), "p-secret"},
		"another provider":             {hestia(), power("api_key", zones.Keep), ""},
		"another cloudflare zone":      {cloudflare(), cloudflare("api_token", "", "zone_id", strings.Repeat("0", 32)), "t-secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.old.ID, tc.typed.ID = 7, 7
			got, err := zones.Check(tc.typed, &tc.old, []zones.Zone{tc.old})
			if tc.want == "" {
				if err == nil || strings.Contains(err.Error(), "secret-") {
					t.Fatalf("saved as %v (%v), want a refusal", got, err)
				}
				return
			}
			if err != nil || !slices.Contains(got.Secrets(), tc.want) {
				t.Fatalf("secrets %q (%v), want %q", got.Secrets(), err, tc.want)
			}
		})
	}
}

func TestCheck_refusesATwin(t *testing.T) {
	t.Parallel()
	first := power()
	first.ID = 3
	for name, tc := range map[string]struct {
		typed zones.Zone
		twin  bool
	}{
		"same server":      {power("zone", "EXAMPLE.org."), true},
		"another server":   {power("server", "http://192.0.2.1:8081"), false},
		"another provider": {cloudflare(), false},
		"another zone":     {power("zone", "example.net"), false},
	} {
		if _, err := zones.Check(tc.typed, nil, []zones.Zone{first}); (err != nil) != tc.twin {
			t.Errorf("%s: %v, want a refusal: %t", name, err, tc.twin)
		}
	}
}

func TestRedacted_showsNoSecret(t *testing.T) {
	t.Parallel()
	for _, z := range []zones.Zone{power(), hestia(), cloudflare()} {
		shown := z.Redacted()
		if strings.Contains(cmp.Diff("", shown), "-secret") || strings.Contains(shown.Account(), "-secret") || strings.Contains(z.Account(), "-secret") {
			t.Errorf("%s shows its secret: %v, account %s", z.Provider, shown, z.Account())
		}
		again, err := zones.Check(shown, &z, nil)
		if err != nil || !slices.Equal(again.Secrets(), z.Secrets()) {
			t.Errorf("%s: what was shown and comes back gives %q (%v), want %q", z.Provider, again.Secrets(), err, z.Secrets())
		}
	}
}
