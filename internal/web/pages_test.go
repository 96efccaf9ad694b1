package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

const script = `<script>alert(1)</script>`

func pages(t *testing.T) *web.Pages {
	t.Helper()
	p, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPages_escapeEveryValue(t *testing.T) {
	t.Parallel()
	p := pages(t)
	v := &web.VM{
		ServiceID: 1, VMID: 2, Name: script, Node: script, Status: script, Addresses: []string{script}, LastError: script, Attention: script,
		LastRun: &web.Run{Action: script, Result: script, Started: time.Unix(0, 0), Steps: []web.Step{{Label: script, Result: script, Duration: script}}},
	}
	c := web.Client{Known: true, Status: script, Name: script, Domain: script, Username: script, Addresses: []string{script}}
	n := web.Notes{Faults: []string{script}, Keys: []web.Setting{{Path: script, Kind: script, Default: script, Help: script}}}
	h := web.Home{Counts: []web.Count{{Status: script, VMs: 1}}, Attention: []web.VM{*v}, DNS: web.DNSTrouble{Pending: 1, Failed: 1, Error: script}}
	for name, render := range map[string]func() (string, error){
		"status":    func() (string, error) { return p.StatusField(v) },
		"id":        func() (string, error) { return p.IDField(v) },
		"addresses": func() (string, error) { return p.AddressField(v) },
		"log":       func() (string, error) { return p.LogField(v) },
		"client":    func() (string, error) { return p.ClientBlock(c) },
		"notes":     func() (string, error) { return p.Notes(n) },
		"home":      func() (string, error) { return p.Home(h) },
	} {
		html, err := render()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(strings.ToLower(html), "<script") {
			t.Errorf("%s: a script came through:\n%s", name, html)
		}
	}
}

func TestIDField_takesAnIdOnlyWhereThereIsNoVM(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		vm    web.VM
		takes bool
	}{{web.VM{}, true}, {web.VM{VMID: 101, Status: "remove"}, true}, {web.VM{VMID: 101, Status: "ready"}, false}} {
		html, err := pages(t).IDField(&c.vm)
		if err != nil || strings.Contains(html, `name="modulefields[vm_id]" value=""`) != c.takes || strings.Contains(html, "VM 101") == c.takes {
			t.Errorf("%+v: %s, %v; want a field: %v", c.vm, html, err, c.takes)
		}
	}
}

// Nobody waits for a next try that does not come.
func TestStatusField_promisesATryOnlyWhereOneComes(t *testing.T) {
	t.Parallel()
	const again, never = "It is tried again by itself.", "It is not tried again by itself"
	for next, want := range map[web.Next]struct{ again, never bool }{web.NothingNext: {}, web.NextTry: {again: true}, web.NoNextTry: {never: true}} {
		html, err := pages(t).StatusField(&web.VM{ServiceID: 1, Status: "clone", LastError: "no space", Next: next})
		if err != nil || strings.Contains(html, again) != want.again || strings.Contains(html, never) != want.never || !strings.Contains(html, "no space") {
			t.Errorf("%q: %v\n%s", next, err, html)
		}
	}
}

func TestClient_isToldWhatIsGoingOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		client web.Client
		want   string
	}{
		{web.Client{}, "no virtual machine"},
		{web.Client{Known: true, Status: "clone"}, "being prepared"},
		{web.Client{Known: true, Status: "ready"}, "is running"},
		{web.Client{Known: true, Status: "ready", Suspended: true}, "suspended"},
		{web.Client{Known: true, Status: "remove"}, "no virtual machine"},
	} {
		html, err := pages(t).ClientBlock(c.client)
		if err != nil || !strings.Contains(html, c.want) {
			t.Errorf("%+v: %v, want %q in\n%s", c.client, err, c.want, html)
		}
	}
}

// The status page is silent about DNS while all is well.
func TestHome_showsWhatIsWrongInDNS(t *testing.T) {
	t.Parallel()
	const pending, failed = "DNS records that are not as they should be yet: 3", "DNS records that failed: 2. They are tried again by themselves. Last error: refused &lt;b&gt;"
	for name, c := range map[string]struct {
		dns  web.DNSTrouble
		want []string
	}{
		"well":    {web.DNSTrouble{}, nil},
		"pending": {web.DNSTrouble{Pending: 3}, []string{pending}},
		"failed":  {web.DNSTrouble{Pending: 3, Failed: 2, Error: "refused <b>"}, []string{pending, failed}},
	} {
		html, err := pages(t).Home(web.Home{DNS: c.dns})
		if err != nil || strings.Count(html, "DNS records") != len(c.want) {
			t.Errorf("%s: %v\n%s", name, err, html)
		}
		for _, want := range c.want {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page lacks %q:\n%s", name, want, html)
			}
		}
	}
}
