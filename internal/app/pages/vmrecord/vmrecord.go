// Package vmrecord is the form in which a person changes the record of a VM by hand.
package vmrecord

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/states"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Editor reads and writes records.
type Editor interface {
	Read(ctx context.Context, serviceID int64) (rowedit.Row, error)
	Save(ctx context.Context, e rowedit.Edit) (rowedit.Outcome, error)
}

// Told are those who have to hear of an edit.
type Told struct {
	Interrupt func(serviceID int64) // whoever works on the machine
	Wake      func()                // the engine
	Freed     func()                // the book of addresses
}

type page struct {
	editor Editor
	told   Told
	web    *web.Pages
}

// New is the part record.
func New(e Editor, told Told, w *web.Pages) pages.Page {
	p := &page{e, told, w}
	return pages.Page{Show: map[string]pages.Handler{"record": p.show}, Do: map[string]pages.Handler{"record": p.save}}
}

func (p *page) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	row, err := p.read(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	return p.form(web.Record{Site: r.Site, ServiceID: row.ServiceID, Version: row.Version, Fields: fields(row, nil)})
}

func (p *page) read(ctx context.Context, r *pages.Request) (rowedit.Row, error) {
	id, err := r.ID()
	if err != nil {
		return rowedit.Row{}, err
	}
	row, err := p.editor.Read(ctx, id)
	return row, said(id, err)
}

// said is an error as the person is told it.
func said(id int64, err error) error {
	if errors.Is(err, vm.ErrNoMachine) {
		return desk.Sentence(fmt.Sprintf("Service %d has no VM record.", id))
	}
	if s, ok := errors.AsType[rowedit.Sentence](err); ok {
		return desk.Sentence(s.Error())
	}
	return err
}

func (p *page) form(f web.Record) (pages.Answer, error) {
	html, err := p.web.Record(f)
	return pages.Answer{Title: p.web.Text("record_title") + strconv.FormatInt(f.ServiceID, 10), HTML: html}, err
}

func (p *page) save(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	edit := rowedit.Edit{ServiceID: id, Version: r.Form.Get("version"), Values: typed(r), By: fmt.Sprintf("admin #%d", r.Admin)}
	out, err := p.editor.Save(ctx, edit)
	if changed, ok := errors.AsType[*rowedit.ChangedError](err); ok {
		return p.changed(r, edit, changed)
	}
	if faults, ok := errors.AsType[rowedit.FormErrors](err); ok {
		return p.refused(ctx, r, edit, faults)
	}
	if err != nil {
		return pages.Answer{}, said(id, err)
	}
	p.tell(id, out)
	if len(out.Changed) == 0 {
		return pages.Done(r, "record_same"), nil
	}
	return pages.Done(r, "record_saved"), nil
}

func (p *page) tell(id int64, out rowedit.Outcome) {
	if out.Freed {
		p.told.Freed()
	}
	if out.Cut {
		p.told.Interrupt(id)
		p.told.Wake()
	}
}

// typed is what the form sent, by column.
func typed(r *pages.Request) map[string]string {
	values := map[string]string{}
	for name := range r.Form {
		if column, ok := strings.CutPrefix(name, "v["); ok {
			values[strings.TrimSuffix(column, "]")] = r.Form.Get(name)
		}
	}
	maps.Copy(values, r.Secrets)
	return values
}

// changed shows the record as it is now, with what was typed in the fields where something was.
func (p *page) changed(r *pages.Request, e rowedit.Edit, c *rowedit.ChangedError) (pages.Answer, error) {
	kept := map[string]string{}
	for _, name := range c.Touched {
		kept[name] = e.Values[name]
	}
	f := web.Record{Site: r.Site, ServiceID: e.ServiceID, Version: c.Now.Version, Fields: fields(c.Now, kept), Changed: true}
	for i := range f.Fields {
		field := &f.Fields[i]
		field.Other = slices.Contains(c.Columns, field.Name)
	}
	return p.form(f)
}

// refused shows what was typed, with a sentence beside each field that does not fit.
func (p *page) refused(ctx context.Context, r *pages.Request, e rowedit.Edit, faults rowedit.FormErrors) (pages.Answer, error) {
	row, err := p.read(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	f := web.Record{Site: r.Site, ServiceID: e.ServiceID, Version: e.Version, Fields: fields(row, e.Values), Wrong: true}
	for i := range f.Fields {
		for _, fault := range faults {
			if fault.Field == f.Fields[i].Name {
				f.Fields[i].Fault = fault.Text
			}
		}
	}
	return p.form(f)
}

// most is how many lines of a box are seen at once.
const most = 14

// fields are the columns of a row; what was typed stands in place of what the row holds.
func fields(row rowedit.Row, typed map[string]string) []web.RecordField {
	list := make([]web.RecordField, 0, len(row.Fields))
	for _, f := range row.Fields {
		field := web.RecordField{
			Name: f.Name, Comment: f.Comment, Text: f.Text, Fixed: f.ReadOnly || f.Long, Long: f.Long, Secret: f.Secret, Nothing: f.Null,
		}
		if text, ok := typed[f.Name]; ok && !field.Fixed {
			field.Now, field.Text, field.Typed = f.Text, strings.ReplaceAll(text, "\r\n", "\n"), true
		}
		if f.Kind == rowedit.Status && !field.Fixed {
			field.Choices = choices(f.Text, field.Text)
		}
		if box(f) {
			field.Rows = min(strings.Count(field.Text, "\n")+2, most)
		}
		list = append(list, field)
	}
	return list
}

// box tells a field of several lines.
func box(f rowedit.Field) bool {
	return f.Kind == rowedit.Object || f.Kind == rowedit.List || f.Long || strings.Contains(f.Text, "\n") || f.Kind == rowedit.Text && f.Room > 1000
}

// choices are the statuses that there are, and those that stand there although there are none such.
func choices(more ...string) []string {
	list := []string{}
	for _, s := range states.All() {
		list = append(list, string(s))
	}
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
