package vmrecord_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/vmrecord"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// editor holds one row and answers every edit with out and err.
type editor struct {
	row rowedit.Row
	got rowedit.Edit
	out rowedit.Outcome
	err error
}

func (e *editor) Read(context.Context, int64) (rowedit.Row, error) { return e.row, e.err }

func (e *editor) Save(_ context.Context, edit rowedit.Edit) (rowedit.Outcome, error) {
	e.got = edit
	return e.out, e.err
}

func page(t *testing.T, e *editor, told *[]string) pages.Page {
	t.Helper()
	w, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	tell := func(what string) func() { return func() { *told = append(*told, what) } }
	return vmrecord.New(e, vmrecord.Told{Interrupt: func(id int64) { tell(fmt.Sprint("interrupt ", id))() }, Wake: tell("wake"), Freed: tell("freed")}, w)
}

func request(form url.Values, secrets map[string]string) *pages.Request {
	return &pages.Request{Site: web.Site{Link: "x.php?m=1", Page: "machines"}, Query: url.Values{"id": {"7"}}, Form: form, Secrets: secrets, Admin: 3}
}

func TestShow_sendsBackOnlyWhatCanBeChanged(t *testing.T) {
	t.Parallel()
	e := &editor{row: rowedit.Row{ServiceID: 7, Version: "v1", Fields: []rowedit.Field{
		{Name: "service_id", Kind: rowedit.Number, Text: "7", ReadOnly: true},
		{Name: "vm_status", Kind: rowedit.Status, Text: "of another age"},
		{Name: "vm_deploy_log", Kind: rowedit.List, Text: "[\n  1\n]", Long: true},
		{Name: "vm_token", Kind: rowedit.Text, Secret: true},
		{Name: "vm_rev_dns", Kind: rowedit.Object, Text: "{\n  \"</textarea>\": \"x\"\n}"},
	}}}
	a, err := page(t, e, nil).Show["record"](t.Context(), request(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`name="version" value="v1"`, `<output id="kb-field-service_id" class="kb-long">7</output>`, `<option selected>of another age</option>`, "<option>set_cloudinit</option>",
		`<textarea id="kb-field-vm_deploy_log" rows="4" spellcheck="false" readonly>`, "Too long to be changed here.", `name="secret[vm_token]"`,
		`<textarea id="kb-field-vm_rev_dns" rows="4" spellcheck="false" name="v[vm_rev_dns]">`, "&lt;/textarea&gt;", "DB Record",
	} {
		if !strings.Contains(a.Title+a.HTML, part) {
			t.Errorf("it lacks %q:\n%s", part, a.HTML)
		}
	}
	if strings.Contains(a.HTML, `name="v[service_id]"`) || strings.Contains(a.HTML, `name="v[vm_deploy_log]"`) {
		t.Errorf("it would send back what is fixed:\n%s", a.HTML)
	}
}

func TestSave_tellsWhoHasToHear(t *testing.T) {
	t.Parallel()
	form := url.Values{"version": {"v1"}, "v[vm_name]": {"web"}, "kb_token": {"x"}}
	for name, c := range map[string]struct {
		out    rowedit.Outcome
		told   []string
		notice string
	}{
		"nothing changed": {rowedit.Outcome{}, nil, "record_same"},
		"at rest":         {rowedit.Outcome{Changed: []string{"vm_name"}}, nil, "record_saved"},
		"at work":         {rowedit.Outcome{Changed: []string{"vm_name"}, Cut: true}, []string{"interrupt 7", "wake"}, "record_saved"},
		"gone":            {rowedit.Outcome{Changed: []string{"vm_status"}, Cut: true, Freed: true}, []string{"freed", "interrupt 7", "wake"}, "record_saved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []string
			e := &editor{out: c.out}
			a, err := page(t, e, &told).Do["record"](t.Context(), request(form, map[string]string{"vm_token": "s"}))
			if err != nil || !strings.Contains(a.Next, "notice="+c.notice) {
				t.Errorf("%+v, %v", a, err)
			}
			if d := cmp.Diff(c.told, told); d != "" {
				t.Errorf("told (-want +got):\n%s", d)
			}
			want := rowedit.Edit{ServiceID: 7, Version: "v1", Values: map[string]string{"vm_name": "web", "vm_token": "s"}, By: "admin #3"}
			if d := cmp.Diff(want, e.got); d != "" {
				t.Errorf("the edit (-want +got):\n%s", d)
			}
		})
	}
}

func TestSave_saysWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		fmt.Errorf("edit: %w", vm.ErrNoMachine):               "Service 7 has no VM record.",
		fmt.Errorf("edit: %w", rowedit.Sentence("Two rows.")): "Two rows.",
	} {
		_, got := page(t, &editor{err: err}, nil).Do["record"](t.Context(), request(url.Values{}, nil))
		if said, ok := errors.AsType[desk.Sentence](got); !ok || said.Error() != want {
			t.Errorf("%v: %v, want %s", err, got, want)
		}
	}
}
