package pages_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

const script = `<script>alert(1)</script>`

var errTorn = errors.New("connection torn")

// router has one page that shows, does, refuses and fails.
func router(t *testing.T, got *pages.Request) *pages.Router {
	t.Helper()
	w, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(a pages.Answer, err error) pages.Handler {
		return func(_ context.Context, r *pages.Request) (pages.Answer, error) {
			*got = *r
			return a, err
		}
	}
	return &pages.Router{Web: w, Version: "1.2.3", Pages: map[string]pages.Page{"home": {
		Show: map[string]pages.Handler{
			"": answer(pages.Answer{HTML: "<p>all</p>"}, nil), "edit": answer(pages.Answer{Title: script, HTML: "<form></form>"}, nil),
			"refused": answer(pages.Answer{}, desk.Sentence("No such pool. "+script)), "torn": answer(pages.Answer{}, errTorn),
			"csv": answer(pages.Answer{File: &pages.File{Name: "pool\"\r\n 3.csv", Type: "text/csv", Body: "a,b"}}, nil),
		},
		Do: map[string]pages.Handler{"edit": func(_ context.Context, r *pages.Request) (pages.Answer, error) {
			*got = *r
			return pages.Done(r, "saved", "q", "a&b"), nil
		}},
	}}}
}

func visit(query string, post bool) bridge.OutputCall {
	call := bridge.OutputCall{Args: bridge.OutputArgs{
		Link: "addonmodules.php?module=puq_proxmox_kvm", Query: query, Token: "t0ken", Post: post, Form: "name=a%26b&ids=1&ids=2", Secrets: map[string]bridge.Secret{"api_key": "k & y"},
	}}
	call.Caller = bridge.Caller{Kind: bridge.CallerAdmin, ID: 7}
	return call
}

func TestRouter_answers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query string
		post  bool
		html  []string // of the page
		head  string   // of the whole answer
		body  string
	}{
		"page":                  {query: "module=puq_proxmox_kvm", html: []string{"<p>all</p>", "1.2.3", `aria-current="page">Home`}},
		"part alone":            {query: "part=edit", html: []string{"<h2>&lt;script&gt;", "<form></form>", "Back"}},
		"part in a dialog":      {query: "part=edit&bare=1", head: "X-Kvmbridge: 1", body: `<form></form>`},
		"refusal":               {query: "part=refused", html: []string{"No such pool. &lt;script&gt;", `role="alert"`}},
		"unknown page":          {query: "page=" + script, html: []string{"There is no page &#34;&lt;script&gt;"}},
		"unknown part":          {query: "part=zap", html: []string{"no part"}},
		"damaged address":       {query: "part=%zz", html: []string{"damaged"}},
		"file":                  {query: "part=csv", head: `Content-Disposition: attachment; filename="pool----3.csv"`, body: "a,b"},
		"write":                 {query: "part=edit&id=3", post: true, head: "Location: addonmodules.php?module=puq_proxmox_kvm&page=home&notice=saved&q=a%26b"},
		"write in a dialog":     {query: "part=edit&bare=1", post: true, head: "X-Kvmbridge: 1", body: `data-kb-goto="addonmodules.php?module=puq_proxmox_kvm&amp;page=home`},
		"write of no such part": {query: "part=refused", post: true, html: []string{"Nothing was changed."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := router(t, new(pages.Request)).Answer(t.Context(), visit(c.query, c.post))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.html {
				if !strings.Contains(out.HTML, want) || len(out.Head) > 0 {
					t.Errorf("want %q, got %q with the head %q", want, out.HTML, out.Head)
				}
			}
			if c.head != "" && !strings.Contains(strings.Join(out.Head, "\n"), c.head) || !strings.Contains(out.Body, c.body) {
				t.Errorf("got the head %q and %q, want %q and %q", out.Head, out.Body, c.head, c.body)
			}
			if strings.Contains(out.HTML+out.Body, "<script>") {
				t.Errorf("a script came through: %s%s", out.HTML, out.Body)
			}
		})
	}
}

func TestRouter_handsOnWhatWasSent(t *testing.T) {
	t.Parallel()
	var got pages.Request
	if _, err := router(t, &got).Answer(t.Context(), visit("part=edit&id=3", true)); err != nil {
		t.Fatal(err)
	}
	id, err := got.ID()
	if err != nil || id != 3 || got.Admin != 7 || got.Form.Get("name") != "a&b" || len(got.Form["ids"]) != 2 || got.Secrets["api_key"] != "k & y" {
		t.Errorf("got %+v, id %d, %v", got, id, err)
	}
}

func TestRouter_writesOnlyWhatIsPosted(t *testing.T) {
	t.Parallel()
	var got pages.Request
	if _, err := router(t, &got).Answer(t.Context(), visit("part=edit", false)); err != nil || got.Post {
		t.Errorf("a visit reached the write: %+v, %v", got, err)
	}
}

func TestRouter_leavesFaultsToTheCaller(t *testing.T) {
	t.Parallel()
	if _, err := router(t, new(pages.Request)).Answer(t.Context(), visit("part=torn", false)); !errors.Is(err, errTorn) {
		t.Errorf("got %v", err)
	}
}

func TestRouter_assetsMayBeKept(t *testing.T) {
	t.Parallel()
	r := router(t, new(pages.Request))
	page, err := r.Answer(t.Context(), visit("", false))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(page.HTML, "name=")
	name, _, _ := strings.Cut(rest, `"`)
	out, err := r.Answer(t.Context(), visit("page=asset&name="+name, false))
	if err != nil || !strings.Contains(strings.Join(out.Head, "\n"), "immutable") || !strings.Contains(out.Body, ".kb") {
		t.Errorf("%s: %v, %v", name, out.Head, err)
	}
	if out, err = r.Answer(t.Context(), visit("page=asset&name=../pages.go", false)); err != nil || !strings.Contains(out.HTML, "no such file") {
		t.Errorf("%v, %v", out, err)
	}
}
