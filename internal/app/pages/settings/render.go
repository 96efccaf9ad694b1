package settings

import (
	"context"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

func (f *sheetForm) render(ctx context.Context, r *pages.Request, in filled) (pages.Answer, error) {
	page := web.Settings{Site: r.Site, Wrong: len(in.faults) > 0}
	tables, err := f.tables(ctx, in)
	if err != nil {
		return pages.Answer{}, err
	}
	rows := map[string]tasks.Row{}
	if f.form == settings.Cron {
		if rows, err = f.Tasks.Rows(ctx); err != nil {
			return pages.Answer{}, err
		}
		page.Crontab, page.FolderUnknown = f.crontab(), f.Folder == ""
		page.Paused = in.shown[settings.Interval(tasks.ProcessVMs)] == "0"
	}
	for _, field := range f.Sheet.Of(f.form) {
		shown := f.field(field, in)
		if field.Name == settings.DropTables {
			shown.State = tables
		}
		page.Add(field.Group, shown)
	}
	if f.form == settings.Cron {
		page.Tasks = f.taskRows(rows, in)
	}
	html, err := f.Web.Settings(page)
	return pages.Answer{HTML: html}, err
}

func (f *sheetForm) field(s settings.Field, in filled) web.SettingField {
	out := web.SettingField{
		Name: s.Name, Label: s.Label, Unit: s.Unit, Value: in.typed[s.Name], Was: in.shown[s.Name], Default: s.Show(s.Default), Range: s.Range(),
		Bare: s.Default + "; " + s.Limits(), Meaning: s.Meaning, Fault: in.faults[s.Name], Danger: s.Danger, Switch: s.Kind == settings.Switch,
	}
	for _, o := range s.Choices {
		out.Options = append(out.Options, web.SettingOption{Value: o.Value, Label: o.Label, Meaning: o.Meaning, Chosen: o.Value == out.Value})
	}
	return out
}

// tables is the key of the sentence about what a deactivation would do: the addon's field in WHMCS has a say too.
func (f *sheetForm) tables(ctx context.Context, in filled) (key string, err error) {
	if f.form != settings.General {
		return "", nil
	}
	fields, err := f.Addon(ctx)
	here, there := in.shown[settings.DropTables] == settings.On, fields["delete_tables"] == settings.On
	switch {
	case err != nil:
		return "", err
	case here && there:
		return "tables_go", nil
	case here:
		return "tables_half_here", nil
	case there:
		return "tables_half_there", nil
	}
	return "tables_stay", nil
}

// crontab is the line for the stand-alone mode.
func (p *Page) crontab() string {
	folder := p.Folder
	if folder == "" {
		folder = "/path/to/whmcs"
	}
	return "* * * * * php " + filepath.Join(folder, "modules", "addons", "puq_proxmox_kvm", "cron.php") + " > /dev/null 2>&1"
}

func (f *sheetForm) taskRows(rows map[string]tasks.Row, in filled) []web.TaskRow {
	var list []web.TaskRow
	for _, t := range tasks.Table() {
		name := settings.Interval(t.ID)
		minutes, _ := strconv.Atoi(in.shown[name])
		list = append(list, f.taskRow(t, rows[t.ID], time.Duration(minutes)*time.Minute))
	}
	return list
}

func (f *sheetForm) taskRow(t tasks.Task, row tasks.Row, every time.Duration) web.TaskRow {
	now := f.Clock.Now()
	out := web.TaskRow{
		ID: t.ID, Interval: settings.Interval(t.ID), Name: t.Name, Duty: t.Duty, Last: row.Started, Ended: row.Finished, Fault: row.Fault, Processed: row.Result.Processed,
		Errors: row.Result.Errors, Details: row.Result.Details, Held: row.Holder != "", Stale: row.Stale(now),
	}
	switch next := row.Next(every); {
	case every <= 0:
		out.State = web.TaskDisabled
	case next.After(now):
		out.State, out.Next = web.TaskActive, next
	default:
		out.State, out.Now = web.TaskActive, true
	}
	return out
}
