package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// The main job: WHMCS's own call in PHP, the shim, the bridge, the engine, the cluster, and back to WHMCS's mail log.
func TestEndToEnd_orderBecomesARunningVM(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t, "CPU Cores=2", "RAM=2", "Additional Disk=10", "IPv6 Addresses=1", "IPv4 Addresses=2")
	m := w.ready(t, service)
	w.delivered(t)

	guest, ok := w.Sim.Guest(m.VMID)
	if !ok || !guest.Running {
		t.Fatalf("the guest of %+v does not run", m)
	}
	for key, want := range map[string]string{"cores": "2", "memory": "2048", "ciuser": m.Username, "name": m.Name} {
		if guest.Config[key] != want {
			t.Errorf("%s of the guest = %q, want %q", key, guest.Config[key], want)
		}
	}

	row := w.rows(t, "SELECT domainstatus, domain, username, dedicatedip, assignedips FROM tblhosting WHERE id = ?", service)
	want := [][]string{{"Active", m.Name + ".example.net", m.Username, "192.0.2.10", "192.0.2.11\n2001:0db8:0000:0000:0000:0000:0000:0010"}}
	if d := cmp.Diff(want, row); d != "" {
		t.Errorf("tblhosting (-want +got):\n%s", d)
	}
	w.mailsOf(t, m.Password, m.Username, m.Domain)
	w.logsOf(t, service)
	w.tellsNoSecret(t, m.Password)
}

// mailsOf looks at both mails of the one order.
func (w *world) mailsOf(t *testing.T, password, username, domain string) {
	t.Helper()
	mails := w.rows(t, "SELECT subject, `to`, message FROM tblemails ORDER BY id")
	subjects := []string{}
	for _, m := range mails {
		subjects = append(subjects, m[0])
	}
	if d := cmp.Diff([]string{"Virtual Machine Order Information", "Virtual Machine is ready"}, subjects); d != "" {
		t.Fatalf("mails (-want +got):\n%s", d)
	}
	contains(t, "the mail that the VM is ready", mails[1][2], "192.0.2.10", "192.0.2.11", "2001:0db8:0000:0000:0000:0000:0000:0010", password, username, domain, "VM 100", "Jane O&#039;Neil")
	if strings.Contains(mails[1][2], "{$") || strings.Contains(mails[0][2], password) {
		t.Errorf("mails are rendered badly:\n%s\n%s", mails[0][2], mails[1][2])
	}
}

// logsOf looks for what a person finds in WHMCS's logs afterwards.
func (w *world) logsOf(t *testing.T, service int64) {
	t.Helper()
	activity := w.rows(t, "SELECT description FROM tblactivitylog ORDER BY id")
	want := [][]string{
		{fmt.Sprintf("Module Create Successful - Service ID: %d", service)},
		{"Email Sent to Jane O&#039;Neil (Virtual Machine Order Information)"},
		{"Email Sent to Jane O&#039;Neil (Virtual Machine is ready)"},
	}
	if d := cmp.Diff(want, activity); d != "" {
		t.Errorf("activity log (-want +got):\n%s", d)
	}
	calls := w.rows(t, "SELECT module, action, arrdata FROM tblmodulelog ORDER BY id")
	for _, c := range [][]string{{"puq_proxmox_kvm", "Activate", "success"}, {"puqProxmoxKVM", "CreateAccount", "success"}} {
		if !slices.ContainsFunc(calls, func(row []string) bool { return slices.Equal(row, c) }) {
			t.Errorf("module log %q lacks %q", calls, c)
		}
	}
	php, err := w.WHMCS.PHPLog()
	if err != nil || strings.Contains(php, "Warning") || strings.Contains(php, "Fatal") || strings.Contains(php, "Deprecated") {
		t.Errorf("PHP complained (%v):\n%s", err, php)
	}
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "level=WARN") && !strings.Contains(line, "waiting for the database") {
			t.Errorf("the sidecar complained: %s", line)
		}
	}
}

// tellsNoSecret looks for every secret in every place that people read.
func (w *world) tellsNoSecret(t *testing.T, guestPassword string) {
	t.Helper()
	php, _ := w.WHMCS.PHPLog()
	places := map[string]string{"log of the sidecar": w.log.String(), "log of PHP": php}
	for _, table := range []string{"tblmodulelog", "tblactivitylog", "tblmodulequeue", "kvmbridge_vm", "kvmbridge_secrets", "kvmbridge_servers", "kvmbridge_outbox", "puqProxmoxKVM_vm_info", "kvmbridge_runs", "kvmbridge_run_steps"} {
		places[table] = fmt.Sprint(w.rows(t, "SELECT * FROM "+table))
	}
	if err := filepath.WalkDir(w.WHMCS.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".log") {
			text, _ := os.ReadFile(path)
			places[path] = string(text)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	shared := w.value(t, "SELECT value FROM tbladdonmodules WHERE module = 'puq_proxmox_kvm' AND setting = 'secret'")
	for what, secret := range map[string]string{
		"password of the guest": guestPassword, "shared secret": shared, "database password": dbPassword, "token secret": pvesim.DemoTokenSecret,
	} {
		if len(secret) < 8 {
			t.Errorf("%s is %q: nothing to look for", what, secret)
		}
		for place, text := range places {
			if strings.Contains(text, secret) {
				t.Errorf("the %s stands in the %s", what, place)
			}
		}
	}
}
