package settings_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

func sheet() settings.Sheet {
	return settings.New(settings.Configured{Migrate: true, MigrationTimeout: 5 * time.Minute})
}

// The published defaults, as the program obeys them when nothing was ever saved.
func TestValues_areThePublishedDefaults(t *testing.T) {
	t.Parallel()
	want := settings.Values{
		DefaultTimeout: 10 * time.Second, HeavyTimeout: time.Minute, Migrate: true, MigrationTimeout: 300 * time.Second, Traffic: traffic.ByCalendar, Mode: settings.Sidecar, Alarm: 30 * time.Minute,
		Tasks: tasks.Rules{LockTimeout: 600 * time.Second, Intervals: map[string]time.Duration{
			"processVirtualMachines": time.Minute, "removeOldSnapshots": 5 * time.Minute, "restoreBackupStatus": time.Minute, "nowBackupStatus": time.Minute,
			"scheduleBackup": 5 * time.Minute, "scheduleSnapshot": 5 * time.Minute, "collectingStatistics": time.Hour,
		}},
		BackupAge: 72 * time.Hour,
	}
	if d := cmp.Diff(want, sheet().Values(nil)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestSheet_isSound(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, f := range sheet() {
		if names[f.Name] || len(f.Name) > 64 || f.Label == "" || f.Group == "" || f.Meaning == "" || f.Form == "" {
			t.Errorf("%+v: a name twice, too long, or something is missing", f)
		}
		names[f.Name] = true
	}
	clean, faults := sheet().Check(sheet().Effective(nil))
	if len(faults) > 0 || !maps.Equal(clean, sheet().Effective(nil)) {
		t.Errorf("the defaults do not fit: %v", faults)
	}
}

func TestCheck_saysASentencePerWrongField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, typed, saved, fault string }{
		{settings.DefaultTimeout, "1", "1", ""},
		{settings.DefaultTimeout, " 300 ", "300", ""},
		{settings.DefaultTimeout, "007", "7", ""},
		{settings.DefaultTimeout, "0", "", "Default Timeout has to be a whole number, 1 to 300 seconds."},
		{settings.DefaultTimeout, "301", "", "Default Timeout has to be a whole number, 1 to 300 seconds."},
		{settings.DefaultTimeout, "", "", "Default Timeout has to be a whole number, 1 to 300 seconds."},
		{settings.DefaultTimeout, "10s", "", "Default Timeout has to be a whole number, 1 to 300 seconds."},
		{settings.HeavyTimeout, "600", "600", ""},
		{settings.HeavyTimeout, "601", "", "Heavy Operations Timeout has to be a whole number, 1 to 600 seconds."},
		{settings.Migrate, "", "off", ""},
		{settings.Migrate, "on", "on", ""},
		{settings.Migrate, "yes", "", "Enable post-clone migration is either on or off."},
		{settings.CronMode, "hook", "hook", ""},
		{settings.CronMode, "<b>", "", "Choose one of the kinds of Cron Mode."},
		{settings.Interval(tasks.Statistics), "0", "0", ""},
		{settings.BackupAge, "366", "", "Backup Warning has to be a whole number, 0 to 365 days."},
		{settings.Interval(tasks.Statistics), "-1", "", "Interval of Collecting Statistics has to be a whole number, 0 to 10080 minutes."},
		{settings.Interval(tasks.Statistics), "99999999999999999999", "", "Interval of Collecting Statistics has to be a whole number, 0 to 10080 minutes."},
	} {
		typed := sheet().Effective(nil)
		typed[c.name] = c.typed
		clean, faults := sheet().Check(typed)
		if faults[c.name] != c.fault || clean[c.name] != c.saved || len(faults) > 1 {
			t.Errorf("%s = %q: saved as %q, %v; want %q, %q", c.name, c.typed, clean[c.name], faults, c.saved, c.fault)
		}
	}
}

// A value that somebody wrote into the table by hand cannot stop the program.
func TestValues_takeTheDefaultForWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	v := sheet().Values(map[string]string{settings.HeavyTimeout: "soon", settings.DefaultTimeout: "20", settings.CronMode: "lunar", "instance": "abc"})
	if v.HeavyTimeout != time.Minute || v.DefaultTimeout != 20*time.Second || v.Mode != settings.Sidecar {
		t.Errorf("got %+v", v)
	}
}

func TestChanges_areWhatThePersonChanged(t *testing.T) {
	t.Parallel()
	general := sheet().Of(settings.General)
	shown, wanted := general.Effective(nil), general.Effective(nil)
	wanted[settings.DefaultTimeout], wanted[settings.Migrate] = "20", "off"
	delete(shown, settings.HeavyTimeout) // was not on the page
	wanted[settings.HeavyTimeout] = "1"
	changes := general.Changes(shown, wanted)
	const want = "kvmbridge: settings changed by admin 1: Default Timeout: 10 seconds -> 20 seconds; Enable post-clone migration: on -> off"
	if got := settings.Tell("admin 1", changes); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPaused_isAnIntervalOfNothing(t *testing.T) {
	t.Parallel()
	name := settings.Interval(tasks.ProcessVMs)
	if sheet().Values(nil).Paused() || !sheet().Values(map[string]string{name: "0"}).Paused() {
		t.Error("only the interval 0 pauses")
	}
}

func TestOf_partsTheSheetByPage(t *testing.T) {
	t.Parallel()
	var cron []string
	for _, f := range sheet().Of(settings.Cron) {
		cron = append(cron, f.Name)
	}
	if len(cron) != 11 || !slices.Contains(cron, settings.LockTimeout) || strings.Contains(strings.Join(cron, " "), "migration") {
		t.Errorf("the page of cron has %v", cron)
	}
}
