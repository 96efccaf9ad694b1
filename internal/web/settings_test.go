package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

func TestSettings_escapeEveryValue(t *testing.T) {
	t.Parallel()
	s := web.Settings{Crontab: script, FolderUnknown: true, Paused: true, Wrong: true}
	s.Add(script, web.SettingField{Name: script, Label: script, Unit: script, Value: script, Was: script, Default: script, Range: script, Meaning: script, Fault: script})
	s.Add("Cron Mode", web.SettingField{Name: "mode", Fault: script, Options: []web.SettingOption{{Value: script, Label: script, Meaning: script}}})
	s.Add("Task Intervals", web.SettingField{Name: "every", Value: script, Fault: script})
	s.Tasks = []web.TaskRow{{ID: script, Interval: "every", Name: script, Duty: script, State: web.TaskActive, Fault: script, Details: []string{script}, Held: true}}
	html, err := pages(t).Settings(s)
	if err != nil || strings.Contains(html, "<script") || strings.Count(html, "&lt;script&gt;alert") < 20 {
		t.Errorf("%v\n%s", err, html)
	}
	html, err = pages(t).Release(web.Release{Task: script, Name: script})
	if err != nil || strings.Contains(html, "<script") {
		t.Errorf("%v\n%s", err, html)
	}
}

func TestSettings_sayHowATaskStands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 8, 9, 10, 0, time.UTC)
	for name, c := range map[string]struct {
		row     web.TaskRow
		has     []string
		without []string
	}{
		"never ran": {web.TaskRow{State: web.TaskActive, Now: true}, []string{"kb-good\">ACTIVE", ">never<", ">due<"}, []string{"processed", "Release lock"}},
		"waits": {
			web.TaskRow{State: web.TaskActive, Last: at, Ended: at, Processed: 3, Errors: 1, Next: at.Add(time.Hour)},
			[]string{"2026-11-29 08:09:10", "2026-11-29 09:09:10", "3 processed, 1 errors"},
			[]string{">due<", "Release lock"},
		},
		"disabled":   {web.TaskRow{State: web.TaskDisabled}, []string{"kb-idle\">DISABLED", ">never<"}, []string{"ACTIVE"}},
		"failed":     {web.TaskRow{State: web.TaskActive, Last: at, Ended: at, Fault: "no cluster"}, []string{"kb-error", "no cluster"}, []string{"0 processed"}},
		"running":    {web.TaskRow{ID: "x", State: web.TaskActive, Last: at, Held: true}, []string{"Running since 2026-11-29 08:09:10", "Release lock", "part=release&amp;task=x"}, []string{"stale"}},
		"stale lock": {web.TaskRow{State: web.TaskActive, Last: at, Held: true, Stale: true}, []string{"Its lock is stale: the next run removes it."}, nil},
	} {
		s := web.Settings{Tasks: []web.TaskRow{c.row}}
		s.Add("Task Intervals", web.SettingField{})
		html, err := pages(t).Settings(s)
		for _, want := range c.has {
			if !strings.Contains(html, want) {
				t.Errorf("%s: lacks %q, %v\n%s", name, want, err, html)
			}
		}
		for _, not := range c.without {
			if strings.Contains(html, not) {
				t.Errorf("%s: has %q\n%s", name, not, html)
			}
		}
	}
}
