package app_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/schema"
)

// tables names ours.
func (w *world) tables(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, row := range w.rows(t, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'whmcs' AND (TABLE_NAME LIKE 'kvmbridge%' OR TABLE_NAME LIKE 'puq%')") {
		names = append(names, row[0])
	}
	return names
}

type verdict struct{ Status, Description string }

func TestPairing_overAUnixSocket(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	socket := "unix://" + filepath.Join(t.TempDir(), "kvmbridge.sock")
	w.cfg.Listen = []string{socket, w.Sidecar}
	w.devhost(t, nil, "set-addon", "sidecar_urls", "unix:///nowhere/at/all.sock, "+socket)
	needed(t, w.pair(t.Context()))
	w.ready(t, w.order(t))
	w.delivered(t)
	w.devhost(t, nil, "set-addon", "sidecar_urls", "http://"+w.Sidecar)
	w.ready(t, w.order(t))
}

// From nothing to activation, to deactivation, and once more.
func TestActivation_beginsAndEndsWithoutTables(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	if names := w.tables(t); len(names) != 0 {
		t.Fatalf("tables before the first activation: %s", names)
	}
	var got verdict
	w.devhost(t, &got, "activate-addon")
	contains(t, "activation without a sidecar", got.Status+": "+got.Description, "info: ", "kvmbridge serve --whmcs "+w.WHMCS.Dir, "cannot be reached")
	needed(t, w.up(t.Context()))
	await(t, "the tables", func() bool { return len(w.tables(t)) == len(schema.AllTables()) }, func() string { return fmt.Sprint(w.tables(t)) + w.log.tail() })
	w.devhost(t, &got, "activate-addon")
	if got.Status != "success" {
		t.Errorf("activation = %+v", got)
	}
	needed(t, w.pools(t.Context()))
	service := w.order(t)
	w.ready(t, service)
	w.delivered(t)

	w.devhost(t, &got, "deactivate-addon")
	if got.Status != "success" || len(w.tables(t)) != len(schema.AllTables()) {
		t.Errorf("deactivation = %+v, left %s", got, w.tables(t))
	}
	w.devhost(t, nil, "set-addon", "sidecar_urls", "http://"+w.Sidecar) // WHMCS forgets all settings
	w.devhost(t, &got, "activate-addon")
	if got.Status != "success" {
		t.Errorf("second activation, with another secret = %+v", got)
	}
	w.devhost(t, nil, "set-addon", "delete_tables", "on")
	w.devhost(t, &got, "deactivate-addon")
	contains(t, "deactivation with one of two switches on", got.Status+": "+got.Description, "error: ", "two switches say different things", "Settings > General")
	if len(w.tables(t)) != len(schema.AllTables()) {
		t.Errorf("tables are gone: %s", w.tables(t))
	}
	w.admin(t).set("settings", "drop_tables", "on")
	w.devhost(t, &got, "deactivate-addon")
	contains(t, "deactivation with a living VM", got.Status+": "+got.Description, "error: ", "1 VM is still recorded", "Terminate")
	if len(w.tables(t)) != len(schema.AllTables()) {
		t.Errorf("tables are gone: %s", w.tables(t))
	}
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'remove' WHERE service_id = ?", service)
	w.devhost(t, &got, "deactivate-addon")
	if got.Status != "success" || len(w.tables(t)) != 0 {
		t.Errorf("deactivation with dropped tables = %+v, left %s", got, w.tables(t))
	}
	time.Sleep(2 * time.Second) // the sidecar goes on without tables
	w.devhost(t, nil, "set-addon", "sidecar_urls", "http://"+w.Sidecar)
	w.devhost(t, &got, "activate-addon")
	if got.Status != "success" || len(w.tables(t)) != len(schema.AllTables()) {
		t.Errorf("second life = %+v, %s\n%s", got, w.tables(t), w.log.tail())
	}
	needed(t, w.pools(t.Context()))
	w.exec(t, "UPDATE tblhosting SET dedicatedip = '', assignedips = '', domain = ''")
	w.ready(t, w.order(t))
}

// The secret is exchanged without a pause: both ends take the next one before the first goes.
func TestRotation_needsNoPause(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	const next = "the-next-secret-0123456789abcdef"
	w.devhost(t, nil, "set-addon", "secret_next", next)
	service := w.order(t)
	w.ready(t, service)
	w.devhost(t, nil, "set-addon", "secret", next)
	w.devhost(t, nil, "set-addon", "secret_next", "")
	for range 3 {
		if got := w.call(t, "SuspendAccount", service); got != "success" {
			t.Errorf("Suspend after the exchange = %q", got)
		}
	}
	w.ready(t, w.order(t))
	w.delivered(t)
	if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "2" {
		t.Errorf("%s mails say that it is ready", n)
	}
}

// Without the next secret there is a sentence that says which setting to compare.
func TestRotation_wrongSecretIsToldByName(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	w.cfg.Bridge.Secret = "some-other-secret-0123456789"
	needed(t, w.up(t.Context()))
	var got verdict
	w.devhost(t, &got, "activate-addon")
	contains(t, "the answer", got.Status+": "+got.Description, "info: ", "signature", "secret")
}

// The tables are WHMCS's to order: a secret of the configuration is no activation.
func TestActivation_isNotToldByAConfiguredSecret(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	w.cfg.Bridge.Secret = "some-other-secret-0123456789"
	needed(t, w.up(t.Context()))
	await(t, "the sidecar to say what it waits for", func() bool { return strings.Contains(w.log.String(), "waiting for the database") }, w.log.tail)
	if names := w.tables(t); len(names) != 0 {
		t.Errorf("tables before the activation: %s", names)
	}
	w.devhost(t, nil, "activate-addon")
	await(t, "the tables", func() bool { return len(w.tables(t)) == len(schema.AllTables()) }, func() string { return fmt.Sprint(w.tables(t)) + w.log.tail() })
}
