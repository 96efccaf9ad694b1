package web_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

func TestCopiesPage_escapesEveryValue(t *testing.T) {
	t.Parallel()
	p := pages(t)
	site := web.Site{Link: "addonmodules.php?module=" + script, Token: script, Page: "machines"}
	deed := web.CopyDeed{Kind: script, Phase: script, About: script, Since: script, Ended: script, Error: script}
	row := web.Copy{ID: script, Date: script, Text: script, Size: script, Left: script}
	doings := web.CopyDoings{Site: site, Again: 1, Under: []web.CopyDeed{deed}, Over: []web.CopyDeed{deed}, LastGood: script}
	plan := &web.CopyPlan{Site: site, Kind: "backup", Days: []web.CopyDay{{Name: script, Time: script, Fault: script}}, Next: script, Zone: script, Fault: script, Idle: script}
	for name, render := range map[string]func() (string, error){
		"page": func() (string, error) {
			c := web.Copies{Site: site, VMID: 1, Name: script, Status: script, Zone: script, Fault: script, Doings: doings}
			for _, kind := range []string{"backup", "snapshot"} {
				c.Shelves = append(c.Shelves,
					web.CopyShelf{List: web.CopyList{Site: site, Kind: kind, Known: true, Rows: []web.Copy{row}, Note: script}, Plan: plan},
					web.CopyShelf{List: web.CopyList{Site: site, Kind: kind, Why: script, Refused: script}})
			}
			return p.Copies(c)
		},
		"doings": func() (string, error) { return p.CopyDoings(doings) },
		"question": func() (string, error) {
			return p.CopyOrder(web.CopyOrder{Site: site, Kind: "restore", Copy: row, Fault: script})
		},
		"field": func() (string, error) {
			return p.CopiesField(web.CopiesField{LastGood: script, Next: script, Zone: script, Under: []web.CopyDeed{deed}})
		},
	} {
		html, err := render()
		if err != nil || strings.Contains(strings.ToLower(html), "<script") || !strings.Contains(html, "&lt;script&gt;") {
			t.Errorf("%s: %v\n%s", name, err, html)
		}
	}
}

// What may be done to a copy is what it says of itself.
func TestCopyList_offersWhatFits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind string
		row  web.Copy
		want string
	}{
		"backup":             {"backup", web.Copy{}, "part=restore part=drop_backup"},
		"protected backup":   {"backup", web.Copy{Guarded: true}, "part=restore"},
		"damaged backup":     {"backup", web.Copy{Useless: true}, "part=drop_backup"},
		"snapshot":           {"snapshot", web.Copy{}, "part=rollback part=drop_snapshot"},
		"half done snapshot": {"snapshot", web.Copy{Useless: true}, "part=drop_snapshot"},
	} {
		html, err := pages(t).CopyList(web.CopyList{Site: web.Site{Link: "x"}, Kind: c.kind, Known: true, Max: 2, Rows: []web.Copy{c.row}, Refused: "full"})
		var got []string
		for _, part := range []string{"part=restore", "part=drop_backup", "part=rollback", "part=drop_snapshot"} {
			if strings.Contains(html, part+"&") {
				got = append(got, part)
			}
		}
		if err != nil || strings.Join(got, " ") != c.want || strings.Contains(html, "<form") {
			t.Errorf("%s: %v, it offers %q\n%s", name, err, got, html)
		}
	}
}
