package hestiafake_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
)

// The traps of dns-providers.md §3 that a client must not step into have to be there.

type lab struct {
	*testing.T
	panel *hestiafake.Panel
	url   string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	p := hestiafake.New(clock.NewScaled(100), "pw")
	p.Set(func(s *hestiafake.State) {
		z := s.Zone("cust", "example.org")
		z.Put("@", "NS", "ns1.example.net.", "")
		z.Put("@", "A", "192.0.2.1", "")
	})
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return &lab{T: t, panel: p, url: srv.URL}
}

// post sends a form of "name=value" pairs with the admin's password, which a later pair may replace.
func (l *lab) post(ctx context.Context, pairs ...string) (status int, body string) {
	l.Helper()
	form := url.Values{"user": {"admin"}, "password": {"pw"}}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		form.Set(name, value)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+"/api/index.php", strings.NewReader(form.Encode()))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw)
}

// code runs a command for its exit code.
func (l *lab) code(cmd string, args ...string) string {
	l.Helper()
	pairs := []string{"cmd=" + cmd, "returncode=yes"}
	for i, a := range args {
		pairs = append(pairs, "arg"+strconv.Itoa(i+1)+"="+a)
	}
	_, body := l.post(l.Context(), pairs...)
	return body
}

func (l *lab) add(record, typ, value string) string {
	l.Helper()
	return l.code("v-add-dns-record", "cust", "example.org", record, typ, value, "", "", "no", "300")
}

func (l *lab) last() hestiafake.Record {
	all := l.panel.Records("cust", "example.org")
	return all[len(all)-1]
}

func TestArgumentsShift(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, body := l.post(t.Context(), "cmd=v-add-dns-record", "returncode=yes", "arg1=cust", "arg2=example.org", "arg3=vm1", "arg4=A",
		"arg5=192.0.2.10", "arg8=no", "arg9=300")
	if body != "0" || l.last().ID != 300 || l.last().TTL != "" {
		t.Errorf("without priority and id: %s, %+v; want the TTL taken for the id", body, l.last())
	}
}

func TestSuccessThatIsNone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, c := range []struct {
		pairs  []string
		status int
		body   string
	}{
		{[]string{"cmd=v-nonexistent"}, 200, "OK"},
		{[]string{"cmd=v-list-dns-records", "arg1=cust", "arg2=example.org", "arg3=xml"}, 200, "OK"},
		{[]string{"cmd=v-list-dns-records", "arg1=cust", "arg2=missing.example", "arg3=json"}, 200, "Error: dns domain missing.example doesn't exist\n"},
		{[]string{"cmd=v-list-dns-records", "arg1=cust", "arg2=EXAMPLE.org", "arg3=json"}, 200, "Error: dns domain EXAMPLE.org doesn't exist\n"},
		{[]string{"cmd=v-list-dns-records", "arg1=cust", "arg2=example.org.", "arg3=json"}, 200, "Error: invalid domain format :: example.org.\n"},
		{[]string{"cmd=v-list-dns-domains", "arg1=admin", "arg2=json"}, 200, "{\n}\n"},
		{[]string{"password=x", "cmd=v-list-dns-domains"}, 401, "Error: authentication failed"},
		{[]string{"password=x", "returncode=yes"}, 401, "9"},
		{[]string{"cmd="}, 422, "Error: Command not provided"},
		{[]string{"cmd=a b"}, 422, "Error: a b command invalid"},
	} {
		if status, body := l.post(t.Context(), c.pairs...); status != c.status || body != c.body {
			t.Errorf("%q: %d %q, want %d %q", c.pairs, status, body, c.status, c.body)
		}
	}
	l.panel.Set(func(s *hestiafake.State) { s.API = hestiafake.BySetting })
	if status, body := l.post(t.Context(), "cmd=v-list-dns-domains", "returncode=yes"); status != 400 || body != "Error: API has been disabled11" {
		t.Errorf("API off: %d %q", status, body)
	}
	resp, err := http.Get(l.url + "/api/index.php")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", resp.StatusCode)
	}
}

func TestRecordsThatSpoilAZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ record, typ, value, code, served string }{
		"name of another zone":   {"vm1.example.org", "A", "192.0.2.10", "0", "vm1.example.org.example.org"},
		"no name":                {"", "A", "192.0.2.10", "0", "example.org"},
		"name begins with dash":  {"-x", "A", "192.0.2.10", "0", "example.org"},
		"two dashes":             {"a--b", "A", "192.0.2.10", "2", ""},
		"A-label":                {"xn--mnchen-3ya", "A", "192.0.2.10", "0", "xn--mnchen-3ya.example.org"},
		"empty value":            {"vm1", "A", "", "0", "!"},
		"AAAA with IPv4":         {"vm1", "AAAA", "192.0.2.10", "2", ""},
		"leading zero":           {"vm1", "A", "192.0.2.010", "2", ""},
		"PTR to one label":       {"10", "PTR", "localhost", "2", ""},
		"PTR with dashes at 3-4": {"10", "PTR", "ab--cd.example.org", "2", ""},
		"PTR with underscore":    {"10", "PTR", "a_b.example.org", "2", ""},
	} {
		l := newLab(t)
		if code := l.add(c.record, c.typ, c.value); code != c.code {
			t.Errorf("%s: code %s, want %s", name, code, c.code)
		}
		values, _, err := l.panel.Served("cust", "example.org", c.served, c.typ)
		if c.served == "!" && err == nil || c.served != "" && c.served != "!" && len(values) == 0 {
			t.Errorf("%s: %q is served as %q, %v", name, c.served, values, err)
		}
	}
	l := newLab(t)
	l.panel.Set(func(s *hestiafake.State) { s.Before195 = true })
	if code := l.add("vm1", "AAAA", "192.0.2.10"); code != "0" {
		t.Errorf("before 1.9.5: code %s", code)
	}
	if _, _, err := l.panel.Served("cust", "example.org", "example.org", "A"); err == nil {
		t.Error("a name server would load this")
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.panel.Set(func(s *hestiafake.State) { s.WriteTime = 5 * time.Second })
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if code := l.add("vm1", "A", "192.0.2.10"); code != "0" {
				t.Errorf("code %s", code)
			}
		})
	}
	wg.Wait()
	if all := l.panel.Records("cust", "example.org"); len(all) != 8 || all[2].ID != 3 || all[7].ID != 3 {
		t.Errorf("six at once: %+v", all)
	}
	if _, list := l.post(t.Context(), "cmd=v-list-dns-records", "arg1=cust", "arg2=example.org", "arg3=json"); strings.Count(list, `"3": {`) != 6 {
		t.Errorf("list: %s", list)
	}
	if code := l.code("v-delete-dns-record", "cust", "www.Example.ORG.", "3", "no"); code != "0" || len(l.panel.Records("cust", "example.org")) != 2 {
		t.Errorf("delete: code %s, %+v", code, l.panel.Records("cust", "example.org"))
	}
	l.add("vm2", "A", "192.0.2.11")
	if id := l.last().ID; id != 3 {
		t.Errorf("id %d; the highest is free again", id)
	}
}

func TestLastRecords(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, id := range []string{"1", "2"} {
		if code := l.code("v-delete-dns-record", "cust", "example.org", id, "no"); code != "2" {
			t.Errorf("delete %s: code %s, want 2", id, code)
		}
	}
	l.add("vm1", "A", "192.0.2.10")
	if code := l.code("v-delete-dns-record", "cust", "example.org", "2", "no"); code != "0" {
		t.Errorf("code %s", code)
	}
	if code := l.code("v-delete-dns-record", "cust", "example.org", "2", "no"); code != "3" {
		t.Errorf("again: code %s, want 3", code)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.add("vm1", "A", "192.0.2.10")
	change := func(args ...string) string {
		return l.code("v-change-dns-record", append([]string{"cust", "example.org", "3", "vm1", "A"}, args...)...)
	}
	if code := change("192.0.2.10", "", "no", "300"); code != "4" {
		t.Errorf("no change: code %s, want 4", code)
	}
	if code := change("192.0.2.10", "", "no", ""); code != "0" || l.last().TTL != "" {
		t.Errorf("without TTL: code %s, %+v", code, l.last())
	}
	l.panel.Set(func(s *hestiafake.State) { s.RestartFails = true })
	if code := l.code("v-add-dns-record", "cust", "example.org", "vm2", "A", "192.0.2.11", "", "", "", "300"); code != "2" || l.last().Name != "vm2" {
		t.Errorf("add with a restart that fails: code %s, %+v; want 2, and the record", code, l.last())
	}
}

func TestCommandGoesOnWithoutItsClient(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.panel.Set(func(s *hestiafake.State) { s.WriteTime = 10 * time.Second })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if status, _ := l.post(ctx, "cmd=v-add-dns-record", "returncode=yes", "arg1=cust", "arg2=example.org", "arg3=vm1", "arg4=A", "arg5=192.0.2.10"); status != 0 {
		t.Fatalf("answered with %d", status)
	}
	for end := time.Now().Add(10 * time.Second); len(l.panel.Records("cust", "example.org")) < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the record never came")
		}
	}
}

func TestFiveBadLoginsCutOff(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for range 5 {
		if status, _ := l.post(t.Context(), "password=x", "cmd=v-list-user"); status != 401 {
			t.Fatalf("status %d", status)
		}
	}
	if status, _ := l.post(t.Context(), "cmd=v-list-user", "arg1=cust"); status != 0 {
		t.Errorf("after five bad logins: %d", status)
	}
}
