package app_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The whole life of a machine by WHMCS's own calls: buttons, an upgrade, a new password, the end.
func TestLife_byWHMCSsOwnCalls(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t, "CPU Cores=1", "RAM=1")
	m := w.ready(t, service)
	state := func() string {
		g, ok := w.Sim.Guest(m.VMID)
		return fmt.Sprintf("exists %v, running %v, cores %s, memory %s", ok, g.Running, g.Config["cores"], g.Config["memory"])
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"call", "Stop", "SERVICE"}, "exists true, running false, cores 1, memory 1024"},
		{[]string{"call", "Start", "SERVICE"}, "exists true, running true, cores 1, memory 1024"},
		{[]string{"upgrade", "SERVICE", "--option", "CPU Cores=2", "--option", "RAM=2"}, "exists true, running true, cores 2, memory 2048"},
		{[]string{"call", "ChangePassword", "SERVICE", "A-new-one-77"}, "exists true, running true, cores 2, memory 2048"},
		{[]string{"call", "SetDNSRecords", "SERVICE"}, "exists true, running true, cores 2, memory 2048"},
		{[]string{"call", "TerminateAccount", "SERVICE"}, "exists false, running false, cores , memory "},
		{[]string{"call", "TerminateAccount", "SERVICE"}, "exists false, running false, cores , memory "},
	} {
		var got struct{ Result string }
		line := strings.ReplaceAll(strings.Join(step.args, "\t"), "SERVICE", strconv.FormatInt(service, 10))
		w.devhost(t, &got, strings.Split(line, "\t")...)
		if got.Result != "success" {
			t.Fatalf("%v answered %q", step.args, got.Result)
		}
		await(t, fmt.Sprintf("%v to give %q", step.args, step.want), func() bool { return state() == step.want }, state)
	}
	if got := w.value(t, "SELECT domainstatus FROM tblhosting WHERE id = ?", service); got != "Terminated" {
		t.Errorf("the service is %s", got)
	}
	if got := w.call(t, "Start", w.bareService(t, "")); !strings.Contains(got, "run Create first") {
		t.Errorf("a button on a service without a machine answered %q", got)
	}
}

// A reinstall keeps the id, a redeploy may take another; both end at ready with one running guest.
func TestLife_buildsAnew(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	for _, button := range []string{"Reinstall", "Redeploy"} {
		before, _ := w.Sim.Guest(m.VMID)
		if got := w.call(t, button, service); got != "success" {
			t.Fatalf("%s answered %q", button, got)
		}
		m = w.ready(t, service)
		after, ok := w.Sim.Guest(m.VMID)
		if !ok || !after.Running {
			t.Errorf("after %s the guest of %+v does not run", button, m)
		}
		if same := after.VMID == before.VMID; button == "Reinstall" && !same {
			t.Errorf("after a reinstall the VM id is %d, want %d", after.VMID, before.VMID)
		}
	}
	w.delivered(t)
	if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "3" {
		t.Errorf("%s mails say that it is ready, want one per build", n)
	}
}
