package settings

import (
	"context"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/settingrows"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Book keeps what is saved.
type Book interface {
	settings.Source
	Save(ctx context.Context, changes []settings.Change, entry string, now time.Time) error
}

// Tasks keeps the rows of the tasks.
type Tasks interface {
	Rows(ctx context.Context) (map[string]tasks.Row, error)
	Release(ctx context.Context, id string, token int64, entry string, now time.Time) error
}

// Page is what both pages need. All fields are required.
type Page struct {
	Sheet settings.Sheet
	Book  Book
	Tasks Tasks
	// Changed is called after a change, so that it counts here at once.
	Changed func()
	// Addon are the addon's fields in WHMCS.
	Addon func(context.Context) (map[string]string, error)
	// Folder is where WHMCS lies; "" = not known.
	Folder string
	Clock  clock.Clock
	Web    *web.Pages
}

// General is the page of general settings.
func (p *Page) General() pages.Page { return p.of(settings.General) }

// Cron is the page of the cron mode and the tasks.
func (p *Page) Cron() pages.Page {
	page := p.of(settings.Cron)
	page.Show["release"], page.Do["release"] = p.askRelease, p.release
	return page
}

func (p *Page) of(form settings.Form) pages.Page {
	f := &sheetForm{p, form}
	return pages.Page{Show: map[string]pages.Handler{"": f.show}, Do: map[string]pages.Handler{"": f.save}}
}

// sheetForm is one of the two forms.
type sheetForm struct {
	*Page
	form settings.Form
}

func (f *sheetForm) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	saved, err := f.Book.Saved(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	now := f.Sheet.Effective(saved)
	return f.render(ctx, r, filled{shown: now, typed: now})
}

// was is before the name of the hidden field that says what the form was rendered from.
const was = "was_"

// save keeps what was changed, if all of it fits and nobody else changed the same meanwhile.
func (f *sheetForm) save(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	fields, in := f.sent(r)
	clean, faults := fields.Check(in.typed)
	if in.faults = faults; len(faults) > 0 {
		return f.again(ctx, r, in)
	}
	changes := fields.Changes(in.shown, clean)
	if len(changes) == 0 {
		return pages.Done(r, "settings_same"), nil
	}
	err := f.Book.Save(ctx, changes, settings.Tell(admin(r), changes), f.Clock.Now())
	if conflict, ok := settingrows.IsConflict(err); ok {
		in.overtaken(changes, conflict)
		return f.again(ctx, r, in)
	}
	if err != nil {
		return pages.Answer{}, err
	}
	f.Changed()
	return pages.Done(r, "settings_saved"), nil
}

// sent reads the form, with the fields that were on it.
func (f *sheetForm) sent(r *pages.Request) (settings.Sheet, filled) {
	var fields settings.Sheet
	in := filled{shown: map[string]string{}, typed: map[string]string{}}
	for _, field := range f.Sheet.Of(f.form) {
		if r.Form.Has(was + field.Name) {
			fields = append(fields, field)
			in.shown[field.Name], in.typed[field.Name] = r.Form.Get(was+field.Name), r.Form.Get(field.Name)
		}
	}
	return fields, in
}

// again renders a form that was not saved: what its sender did not touch is as it is now.
func (f *sheetForm) again(ctx context.Context, r *pages.Request, in filled) (pages.Answer, error) {
	saved, err := f.Book.Saved(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	for name, now := range f.Sheet.Effective(saved) {
		if in.typed[name] == in.shown[name] && in.faults[name] == "" {
			in.shown[name], in.typed[name] = now, now
		}
	}
	return f.render(ctx, r, in)
}

// filled is a form: what it was rendered from, what stands in its fields, and what is wrong with that.
type filled struct {
	shown, typed map[string]string
	faults       settings.Faults
}

// overtaken says beside the field what somebody else made of it; sent once more, the form changes that.
func (in *filled) overtaken(changes []settings.Change, now settingrows.ConflictError) {
	for _, c := range changes {
		value, met := now[c.Field.Name]
		if !met {
			continue
		}
		in.shown[c.Field.Name] = value
		in.faults[c.Field.Name] = fmt.Sprintf("Somebody else has made this %s since the form was opened. Save again to make it %s all the same.", c.Field.Show(value), c.Field.Show(c.After))
	}
}

// admin names who asks, for the activity log.
func admin(r *pages.Request) string { return fmt.Sprintf("admin #%d", r.Admin) }
