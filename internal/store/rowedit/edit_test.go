package rowedit_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestRead_showsEveryColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "vm_rev_dns", `{"192.0.2.1":"a.example.com","192.0.2.2":"b.example.com"}`)
	w.set(t, "vm_api_token", "very-secret")
	w.set(t, "vm_blob", []byte{1, 255})
	w.set(t, "vm_backup_last", "2031-04-05")
	w.set(t, "vm_extra", `[1,{"a":null}]`)
	r := w.read(t)
	var names []string
	for _, f := range r.Fields {
		names = append(names, f.Name)
	}
	if len(names) != 23 || names[0] != "service_id" || !slices.Contains(names, "vm_colour") {
		t.Errorf("columns: %v", names)
	}
	for name, want := range map[string]rowedit.Field{
		"service_id":     {Kind: rowedit.Number, Text: strconv.FormatInt(w.service, 10), ReadOnly: true},
		"vm_status":      {Kind: rowedit.Status, Text: "creation", Room: 64},
		"vm_rev_dns":     {Kind: rowedit.Object, Text: "{\n  \"192.0.2.1\": \"a.example.com\",\n  \"192.0.2.2\": \"b.example.com\"\n}", Room: 16777215},
		"vm_extra":       {Kind: rowedit.List, Text: "[\n  1,\n  {\n    \"a\": null\n  }\n]"},
		"vm_api_token":   {Kind: rowedit.Text, Secret: true, Room: 64},
		"vm_blob":        {Kind: rowedit.Other, Text: "01FF", ReadOnly: true, Room: 65535},
		"vm_backup_last": {Kind: rowedit.Date, Text: "2031-04-05"},
		"vm_id":          {Kind: rowedit.Number, Null: true},
		"vm_colour":      {Kind: rowedit.Text, Text: "red", Room: 10},
	} {
		got := field(t, r, name)
		want.Name, want.Comment = name, got.Comment
		if name == "vm_extra" { // its room depends on the server
			want.Room = got.Room
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if strings.Contains(fmt.Sprint(r), "very-secret") {
		t.Error("a secret is shown")
	}
	if _, err := w.editor.Read(t.Context(), 4711); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("no record: %v", err)
	}
}

// A form that comes back as it was changes nothing, whatever stands in the record.
func TestSave_writesNothingWhereNothingWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "vm_rev_dns", "{ \"192.0.2.1\" :\r\n \"ä<b>.example.com\"}")
	w.set(t, "vm_backup_schedule", "{broken")
	w.set(t, "vm_name", "two\nlines")
	w.set(t, "vm_api_token", "very-secret")
	w.set(t, "vm_status", "of another age")
	before := w.Text(t, "SELECT CONCAT(vm_rev_dns, vm_backup_schedule, vm_name, vm_status, vm_api_token) FROM puqProxmoxKVM_vm_info")
	out := w.saved(t)
	if after := w.Text(t, "SELECT CONCAT(vm_rev_dns, vm_backup_schedule, vm_name, vm_status, vm_api_token) FROM puqProxmoxKVM_vm_info"); after != before || len(out.Changed) > 0 {
		t.Errorf("changed %v: %s", out.Changed, after)
	}
	if got := w.log(t); got != "" {
		t.Errorf("activity log: %s", got)
	}
}

func TestSave_writesOnlyWhatWasTypedAndTellsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "vm_snapshots", 3)
	out := w.saved(t, "vm_name", "vm-2", "vm_rev_dns", "{\r\n  \"192.0.2.1\": \"ä.example.com\"\r\n}", "vm_snapshots", " 4 ", "vm_backup_last", "2031-04-05",
		"vm_statistics_last", "2031-04-05 06:07:08", "vm_colour", "blé", "vm_api_token", "brand-new", "vm_size", "255", "vm_rate", "1.50", "vm_extra", `{"a":1}`)
	if got := strings.Join(out.Changed, " "); got != "vm_name vm_snapshots vm_rev_dns vm_backup_last vm_statistics_last vm_extra vm_colour vm_api_token vm_size vm_rate" && len(out.Changed) != 10 {
		t.Errorf("changed: %s", got)
	}
	for name, want := range map[string]string{
		"vm_name": "vm-2", "vm_rev_dns": `{"192.0.2.1":"\u00e4.example.com"}`, "vm_snapshots": "4", "vm_backup_last": "2031-04-05", "vm_api_token": "brand-new",
		"vm_size": "255", "vm_rate": "1.50", "vm_colour": "blé", "vm_status": "creation",
	} {
		if got := w.column(t, "CAST("+name+" AS CHAR)"); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	log := w.log(t)
	for _, part := range []string{
		fmt.Sprintf("kvmbridge: the VM record of service %d was edited by admin #1. ", w.service), `vm_name: "vm-1" -> "vm-2"`, `vm_snapshots: "3" -> "4"`,
		`vm_rev_dns: "{}" -> "{"192.0.2.1":"\u00e4.example.com"}"`, `vm_backup_last: NULL -> "2031-04-05"`, "vm_api_token: changed (a secret)",
	} {
		if !strings.Contains(log, part) {
			t.Errorf("the activity log lacks %q:\n%s", part, log)
		}
	}
	if strings.Contains(log, "brand-new") {
		t.Errorf("the activity log shows a secret: %s", log)
	}
	w.saved(t, "vm_name", "", "vm_size", "")
	if got := w.Text(t, "SELECT CONCAT(vm_name IS NULL, vm_size IS NULL) FROM puqProxmoxKVM_vm_info"); got != "11" {
		t.Errorf("emptied: %s", got)
	}
	if got := w.column(t, "vm_api_token"); got != "brand-new" {
		t.Errorf("the secret is %q after an edit that left its field empty", got)
	}
}

func TestSave_refusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "vm_deploy_log", "[]")
	before := w.Text(t, "SELECT CONCAT_WS('|', vm_id, vm_name, vm_status, vm_rev_dns, vm_size, vm_colour) FROM puqProxmoxKVM_vm_info")
	for _, c := range [][3]string{
		{"service_id", "99", "service_id: It cannot be changed."},
		{"vm_blob", "00", "vm_blob: It cannot be changed."},
		{"nonsense", "1", "nonsense: The table has no such column."},
		{"vm_status", "running", `vm_status: There is no status "running": enter one of creation, `},
		{"vm_status", "", "vm_status: The status cannot be empty"},
		{"vm_id", "one", "vm_id: It must be a whole number from 0 to 4294967295."},
		{"vm_size", "256", "vm_size: It must be a whole number from 0 to 255."},
		{"vm_size", "-1", "vm_size: It must be a whole number from 0 to 255."},
		{"vm_rate", "much", "vm_rate: It must be a number"},
		{"vm_rate", "123456.78", "vm_rate: The database does not take it"},
		{"vm_snapshots", "", "vm_snapshots: The column cannot be empty."},
		{"vm_colour", "much too long", "vm_colour: It has 13 characters, and the column has room for 10."},
		{"vm_colour", "\u0416", "vm_colour: The database does not take it"},
		{"vm_rev_dns", "{\n\"192.0.2.1\": \"a\",\n}", "vm_rev_dns: It is no valid JSON: invalid character '}' looking for beginning of object key string, in line 3."},
		{"vm_rev_dns", "[]", "vm_rev_dns: It must be a JSON object"},
		{"vm_rev_dns", `{"web":"a"}`, `vm_rev_dns: "web" is no IP address`},
		{"vm_rev_dns", `{"192.0.2.1":1}`, "vm_rev_dns: Every value in it must be a text"},
		{"vm_backup_schedule", `{"7":"03:30"}`, `vm_backup_schedule: "7" is no day`},
		{"vm_backup_schedule", `{"0":"25:00"}`, `vm_backup_schedule: "25:00" is no time of day`},
		{"vm_backup_last", "5.4.2031", "vm_backup_last: It must be a day such as"},
		{"vm_statistics_last", "2031-04-05", "vm_statistics_last: It must be a moment such as"},
		{"vm_deploy_log", "{}", "vm_deploy_log: It must be a JSON list"},
	} {
		_, err := w.save(t, "vm_name", "not written", c[0], c[1])
		if got := faults(err); !strings.HasPrefix(got, c[2]) {
			t.Errorf("%s = %q: %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if after := w.Text(t, "SELECT CONCAT_WS('|', vm_id, vm_name, vm_status, vm_rev_dns, vm_size, vm_colour) FROM puqProxmoxKVM_vm_info"); after != before {
		t.Errorf("the record is %s, it was %s", after, before)
	}
	_, err := w.save(t, "vm_id", "x", "vm_size", "300")
	if got := faults(err); strings.Count(got, "whole number") != 2 {
		t.Errorf("two faults at once: %s", got)
	}
}

// Whoever saves over a change that they did not see is told, keeps what they typed, and can save again.
func TestSave_overwritesNoChangeThatWasNotSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.UTF8MB3())
	seen := w.read(t)
	w.set(t, "vm_name", "by somebody else")
	w.set(t, "vm_snapshots", 7)
	_, err := w.editor.Save(t.Context(), form(seen, "vm_name", "mine", "vm_backups", "2"))
	changed, ok := errors.AsType[*rowedit.ChangedError](err)
	if !ok {
		t.Fatalf("err = %v", err)
	}
	if got := fmt.Sprint(changed.Columns, changed.Touched); got != "[vm_name vm_snapshots] [vm_name vm_backups]" {
		t.Errorf("changed and touched: %s", got)
	}
	if got := field(t, changed.Now, "vm_name").Text; got != "by somebody else" {
		t.Errorf("shown now: %q", got)
	}
	if got := w.column(t, "vm_name") + w.column(t, "vm_backups") + w.log(t); got != "by somebody else0" {
		t.Errorf("written all the same: %s", got)
	}
	if _, err := w.editor.Save(t.Context(), form(changed.Now, "vm_name", "mine", "vm_backups", "2")); err != nil {
		t.Fatal(err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', vm_name, vm_backups, vm_snapshots) FROM puqProxmoxKVM_vm_info"); got != "mine 2 7" {
		t.Errorf("after the second try: %s", got)
	}
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_vm_info DROP COLUMN vm_rate")
	if _, err := w.editor.Save(t.Context(), form(changed.Now, "vm_backups", "3")); err == nil || !strings.Contains(err.Error(), "the table's columns") {
		t.Errorf("another table: %v", err)
	}
}

func TestSave_refusesTwoRowsOfOneService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := w.read(t)
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_vm_info DROP PRIMARY KEY, ADD INDEX (service_id)")
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, 'ready')", w.service)
	if _, err := w.editor.Save(t.Context(), form(seen, "vm_backups", "3")); err == nil || !strings.Contains(err.Error(), "more than one row") {
		t.Errorf("err = %v", err)
	}
}

func TestSave_tellsOfLongValuesWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entries := func(name string) string {
		var list []string
		for i := range 100 {
			list = append(list, fmt.Sprintf(`"10.0.0.%d":"h%d.example.com"`, i, i))
		}
		return "{" + strings.Replace(strings.Join(list, ","), "h50.", name+".", 1) + "}"
	}
	w.set(t, "vm_rev_dns", entries("h50"))
	w.saved(t, "vm_rev_dns", entries("web"))
	log := w.log(t)
	if len(log) > 1500 || !strings.Contains(log, `"10.0.0.50":"h50.example.com"`) || !strings.Contains(log, `"10.0.0.50":"web.example.com"`) {
		t.Errorf("activity log (%d bytes): %s", len(log), log)
	}
}

// A browser could not send all of it back.
func TestRead_marksWhatIsTooLongForAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "vm_deploy_log", "["+strings.Repeat(`"0123456789",`, 6000)+`""]`)
	r := w.read(t)
	if !field(t, r, "vm_deploy_log").Long || field(t, r, "vm_last_action_log").Long {
		t.Errorf("deploy log %v, last action %v", field(t, r, "vm_deploy_log").Long, field(t, r, "vm_last_action_log").Long)
	}
}
