package hestia_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
)

// H29: whatever goes wrong, and even when the panel echoes what it was sent, no text and no log line holds the secret in any of its
// spellings.
func TestH29_secretsStayInside(t *testing.T) {
	t.Parallel()
	// The second secret is cut off in the middle by the limit of what is quoted.
	echo := hestiafake.Fault{Status: 500, Body: "Error: bad form password=" + marker + "&x=" + url.QueryEscape(marker) + " " + keySecret +
		strings.Repeat(".", 60) + keySecret + marker + keySecret + marker}
	said := echo
	said.Status = 200
	for name, breaks := range map[string]func(*hestiafake.State){
		"good":           func(*hestiafake.State) {},
		"wrong password": func(s *hestiafake.State) { s.Password, s.Keys = "x", nil },
		"echoed, 500":    func(s *hestiafake.State) { s.Faults = repeat(echo) },
		"echoed, 200":    func(s *hestiafake.State) { s.Faults = repeat(said) },
		"echoed, write":  func(s *hestiafake.State) { said.Cmd = addCall; s.Faults = repeat(said) },
		"echoed, reload": func(s *hestiafake.State) { said.Cmd = reload; s.Faults = repeat(said) },
		"away":           func(s *hestiafake.State) { s.Down = true },
	} {
		for mode, password := range map[string]string{"password": marker, "access key": keyID + ":" + keySecret} {
			l := newLab(t)
			l.fill(forward)
			l.set(func(s *hestiafake.State) {
				s.Keys[keyID] = hestiafake.Key{Secret: keySecret, User: "admin"}
				breaks(s)
			})
			cfg := l.config(forward)
			cfg.Password = password
			z := l.open(cfg)
			var texts []string
			r := l.one(z, set("vm1.example.org", dns.A, "192.0.2.10"))
			texts = append(texts, fmt.Sprintf("%v|%+v|%#v", r.Err, r, r.Warning))
			for _, f := range l.findings(z) {
				texts = append(texts, f.Text)
			}
			if name == "good" && (r.Err != nil || !r.Written) {
				t.Errorf("%s: %+v", mode, r)
			}
			texts = append(texts, fmt.Sprintf("%+v", z), l.log.String())
			if !strings.Contains(l.log.String(), "command=") {
				t.Errorf("%s, %s: nothing was logged", name, mode)
			}
			_, secret, key := strings.Cut(password, ":")
			if !key {
				secret = password
			}
			noSecret(t, name+", "+mode, secret, texts)
		}
	}
}

func repeat(f hestiafake.Fault) []hestiafake.Fault {
	all := make([]hestiafake.Fault, 20)
	for i := range all {
		all[i] = f
	}
	return all
}

func noSecret(t *testing.T, name, secret string, texts []string) {
	t.Helper()
	quoted, _ := json.Marshal(secret)
	for _, form := range []string{secret, secret[:12], url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`)} {
		for i, text := range texts {
			if strings.Contains(text, form) {
				t.Errorf("%s: text %d tells the secret: %.300s", name, i, text)
			}
		}
	}
}
