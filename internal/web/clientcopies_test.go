package web_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

func TestClientCopies_escapeEveryValue(t *testing.T) {
	t.Parallel()
	p := pages(t)
	at := web.Place{Link: "clientarea.php?action=productdetails&id=7&x=%22%3E" + script, Token: script}
	one := web.Copy{ID: script, Date: script, Text: script, Size: script, Left: script, Useless: true, Marks: []web.CopyMark{{Key: "mark_bad", Tone: "kb-bad"}}}
	for _, kind := range []string{"backup", "snapshot"} {
		html, err := p.ClientCopies(web.ClientCopies{
			Place: at, Links: []web.ClientLink{{Key: "client_overview", URL: at.Link}}, Kind: kind, Zone: script, Fault: script,
			Under: []web.CopyDeed{{Kind: script, Phase: script, Since: script}}, Failed: &web.CopyDeed{Kind: script, Ended: script},
			List: web.CopyList{Kind: kind, Known: true, Max: 2, Rows: []web.Copy{one}, Refused: script, Note: script},
			Plan: &web.CopyPlan{Kind: kind, Days: []web.CopyDay{{Name: script, Time: script, Fault: script}}, Next: script, Zone: script, Fault: script, Idle: script},
		})
		if err != nil || strings.Contains(html, "<script") || !strings.Contains(html, "&lt;script&gt;") {
			t.Errorf("%s: %v\n%s", kind, err, html)
		}
	}
	for _, kind := range []string{"restore", "rollback", "drop_backup", "drop_snapshot"} {
		html, err := p.ClientOrder(web.ClientOrder{Place: at, Back: at.Link, Kind: kind, Copy: one})
		if err != nil || strings.Contains(html, "<script") {
			t.Errorf("%s: %v\n%s", kind, err, html)
		}
	}
}

// What cannot be done now stays in sight, and cannot be clicked.
func TestClientCopies_lockedButtonsLeadNowhere(t *testing.T) {
	t.Parallel()
	c := web.ClientCopies{Place: web.Place{Link: "c.php?id=1"}, Kind: "backup", List: web.CopyList{Kind: "backup", Known: true, Max: 1, Rows: []web.Copy{{ID: "a"}}}}
	for locked, links := range map[string]int{"": 2, "client_locked": 0} {
		c.Locked = locked
		html, err := pages(t).ClientCopies(c)
		if err != nil || strings.Count(html, "kb_copy=a") != links || strings.Contains(html, "disabled") != (links == 0) || !strings.Contains(html, "Restore") {
			t.Errorf("%q: %v\n%s", locked, err, html)
		}
	}
}
