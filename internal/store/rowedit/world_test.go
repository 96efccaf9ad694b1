package rowedit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// world is a service with a record, in a table that also has columns of which we know nothing.
type world struct {
	*testdb.DB
	server, client, product, service int64
	store                            *store.DB
	editor                           *rowedit.Editor
}

func newWorld(t *testing.T, opts ...testdb.Option) world {
	t.Helper()
	db := testdb.New(t, opts...)
	w := world{DB: db, server: db.Server(t, "pve"), client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}"), store: db.Store(t)}
	w.service = db.Service(t, w.client, w.product, w.server)
	w.Exec(t, `ALTER TABLE puqProxmoxKVM_vm_info ADD COLUMN vm_extra JSON NULL, ADD COLUMN vm_colour VARCHAR(10) CHARACTER SET latin1 NOT NULL DEFAULT 'red',
		ADD COLUMN vm_api_token VARCHAR(64) NULL, ADD COLUMN vm_size TINYINT UNSIGNED NULL, ADD COLUMN vm_rate DECIMAL(6,2) NULL, ADD COLUMN vm_blob BLOB NULL`)
	if err := w.store.Open(t.Context(), vm.Order{ServiceID: w.service, ServerID: w.server, Name: "vm-1", Domain: "vm-1.example.com", Username: "ada", Password: "x"}); err != nil {
		t.Fatal(err)
	}
	w.editor = rowedit.New(w.store.Handle(), clock.System{})
	return w
}

func (w world) read(t *testing.T) rowedit.Row {
	t.Helper()
	r, err := w.editor.Read(t.Context(), w.service)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// form is everything that a browser sends back of a record, with some fields typed over.
func form(r rowedit.Row, pairs ...string) rowedit.Edit {
	e := rowedit.Edit{ServiceID: r.ServiceID, Version: r.Version, Values: map[string]string{}, By: "admin #1"}
	for _, f := range r.Fields {
		if !f.ReadOnly {
			e.Values[f.Name] = strings.ReplaceAll(f.Text, "\n", "\r\n")
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		e.Values[pairs[i]] = pairs[i+1]
	}
	return e
}

// save types over what stands there now.
func (w world) save(t *testing.T, pairs ...string) (rowedit.Outcome, error) {
	t.Helper()
	return w.editor.Save(t.Context(), form(w.read(t), pairs...))
}

func (w world) saved(t *testing.T, pairs ...string) rowedit.Outcome {
	t.Helper()
	out, err := w.save(t, pairs...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func field(t *testing.T, r rowedit.Row, name string) rowedit.Field {
	t.Helper()
	for _, f := range r.Fields {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no field %s", name)
	return rowedit.Field{}
}

// column is what stands in a column of the world's record.
func (w world) column(t *testing.T, name string) string {
	t.Helper()
	return w.Text(t, "SELECT "+name+" FROM puqProxmoxKVM_vm_info WHERE service_id = ?", w.service)
}

func (w world) set(t *testing.T, name string, value any) {
	t.Helper()
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET "+name+" = ? WHERE service_id = ?", value, w.service)
}

// faults are the sentences of a refused form.
func faults(err error) string {
	f, ok := errors.AsType[rowedit.FormErrors](err)
	if !ok {
		return fmt.Sprintf("no faults of fields: %v", err)
	}
	return f.Error()
}

func (w world) log(t *testing.T) string {
	t.Helper()
	return w.Text(t, "SELECT COALESCE(GROUP_CONCAT(subject ORDER BY id SEPARATOR '\n'), '') FROM kvmbridge_outbox WHERE kind = 'activity'")
}
