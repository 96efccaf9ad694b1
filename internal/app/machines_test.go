package app_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/audit"
)

// An operator looks at machines and clusters with the program alone, with the database's own account.
func TestOperator_looksAtOneMachine(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	whmcs := []string{"--whmcs", w.WHMCS.Dir}
	for line, want := range map[string]struct {
		code  int
		parts []string
	}{
		"show " + m.Name:                 {0, []string{fmt.Sprintf("service    %d (Active in WHMCS)\n", service), "addresses  192.0.2.", "next       Nothing waits to be done.\n"}},
		"show 192.0.2.10":                {0, []string{m.Name}},
		"log " + strconv.Itoa(m.VMID):    {0, []string{" deploy: success, creation -> ready, ", "  15.  Verify running + Email  "}},
		"explain " + m.Domain:            {0, []string{"Nothing waits to be done.\n"}},
		"retry " + m.Name:                {0, []string{"nothing was changed.\n"}},
		"reset " + m.Name + " --to moon": {1, []string{`kvmbridge: A VM cannot be reset to "moon"; the statuses are ready, creation, set_ip, change_package, set_dns_records, terminate, remove.`}},
		"show nobody":                    {1, []string{`kvmbridge: no VM has "nobody" as its service id`}},
	} {
		code, out := w.run(t, nil, slices.Concat([]string{"vm"}, strings.Fields(line), whmcs)...)
		if code != want.code {
			t.Errorf("vm %s = %d", line, code)
		}
		contains(t, "vm "+line, out, want.parts...)
	}
	// A running sidecar takes up what the command line resets, without being told.
	if code, out := w.run(t, nil, append([]string{"vm", "reset", m.Name, "--to", "terminate"}, whmcs...)...); code != 0 {
		t.Errorf("vm reset = %d: %s", code, out)
	}
	await(t, "the guest to be removed", func() bool { _, ok := w.Sim.Guest(m.VMID); return !ok }, w.log.tail)
}

func TestOperator_auditsTheCluster(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	first, second := w.order(t), w.order(t)
	one, two := w.ready(t, first), w.ready(t, second)
	w.delivered(t)
	audited := func(want int) []audit.Finding {
		t.Helper()
		code, out := w.run(t, nil, "audit", "--json", "--whmcs", w.WHMCS.Dir)
		var report struct {
			Servers, Machines int
			Findings          []audit.Finding
		}
		if err := json.Unmarshal([]byte(out), &report); err != nil || code != want || report.Servers != 1 || report.Machines != 2 {
			t.Fatalf("audit = %d, want %d: %v\n%s", code, want, err, out)
		}
		return report.Findings
	}
	if found := audited(0); len(found) > 0 {
		t.Errorf("findings of a fresh world: %+v", found)
	}
	if got := w.call(t, "SuspendAccount", second); got != "success" {
		t.Fatalf("SuspendAccount answered %q", got)
	}
	await(t, "the suspension", func() bool { return w.value(t, "SELECT COUNT(*) FROM kvmbridge_jobs") == "0" }, w.log.tail)
	if found := audited(0); len(found) > 0 {
		t.Errorf("findings of a world with a suspended service: %+v", found)
	}
	w.Sim.SetKey(two.VMID, "onboot", "1")
	if found := audited(1); len(found) != 1 || !strings.HasSuffix(found[0].Text, "onboot is 1 and should be 0.") {
		t.Errorf("findings of a suspended guest that starts with its node: %+v", found)
	}

	bare := w.bareService(t, "")
	w.exec(t, "UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", bare)
	w.exec(t, "UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = ?", second)
	held, err := w.sidecar.Store().Held(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sidecar.Store().GiveBack(t.Context(), first, []netip.Addr{held[0].Address}); err != nil {
		t.Fatal(err)
	}
	w.exec(t, "UPDATE kvmbridge_vm SET node = 'elsewhere' WHERE service_id = ?", first)
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = 'other' WHERE service_id = ?", first)
	var got []string
	for _, f := range audited(1) {
		got = append(got, fmt.Sprintf("%s service %d VM %d", f.Kind, f.ServiceID, f.VMID))
	}
	want := []string{
		fmt.Sprintf("drift service %d VM %d", first, one.VMID), fmt.Sprintf("missing service %d VM 0", bare), fmt.Sprintf("unbilled service %d VM %d", second, two.VMID),
		fmt.Sprintf("unleased service %d VM %d", first, one.VMID), fmt.Sprintf("wrong_node service %d VM %d", first, one.VMID),
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	code, out := w.run(t, nil, "audit", "--whmcs", w.WHMCS.Dir)
	w.exec(t, "UPDATE tblservers SET disabled = 1")
	_, away := w.run(t, nil, "audit", "--whmcs", w.WHMCS.Dir)
	contains(t, "audit without a cluster", away, "unseen   Server ", " is disabled in WHMCS", "Looked at 0 servers with 0 guests and at 2 records: 2 findings.\n")
	if code != 1 {
		t.Errorf("audit = %d", code)
	}
	contains(t, "audit", out, "unleased    VM ", fmt.Sprintf(" uses %s, which nobody has leased.\n", held[0].Address), "Looked at 1 servers with ", " guests and at 2 records: 5 findings.\n")
}
