package app_test

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// The whole life of a machine by WHMCS's own calls: buttons, an upgrade, a new password, the end.
func TestLife_byWHMCSsOwnCalls(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t, "CPU Cores=1", "RAM=1")
	m := w.ready(t, service)
	first, _ := w.Sim.Guest(m.VMID)
	state := func() string {
		g, exists := w.Sim.Guest(m.VMID)
		r, err := w.sidecar.Store().Find(t.Context(), service)
		if err != nil {
			t.Fatal(err)
		}
		fresh := exists && r.Password == "A-new-one-77" && cmp.Or(g.Pending["cipassword"], g.Config["cipassword"]) != first.Config["cipassword"]
		return fmt.Sprintf("exists %v, running %v, cores %s, memory %s, new password %v, told the guest %v, status %s",
			exists, g.Running, g.Config["cores"], g.Config["memory"], fresh, w.asked("POST", fmt.Sprintf("/qemu/%d/agent/set-user-password", m.VMID)), r.Status)
	}
	agent := func() { // it answers some time after the start
		w.Sim.SetKey(m.VMID, "agent", "1")
		time.Sleep(pvesim.DefaultDurations().AgentBoot / speed)
	}
	for _, step := range []struct {
		args   []string
		before func()
		answer string // "" = success
		want   string
	}{
		{args: []string{"call", "Stop", "SERVICE"}, want: "exists true, running false, cores 1, memory 1024, new password false, told the guest false, status ready"},
		{args: []string{"call", "Start", "SERVICE"}, want: "exists true, running true, cores 1, memory 1024, new password false, told the guest false, status ready"},
		{args: []string{"upgrade", "SERVICE", "--option", "CPU Cores=2", "--option", "RAM=2"}, want: "exists true, running true, cores 2, memory 2048, new password false, told the guest false, status ready"},
		{args: []string{"call", "ChangePassword", "SERVICE", "A-new-one-77"}, before: agent, want: "exists true, running true, cores 2, memory 2048, new password true, told the guest true, status ready"},
		{
			args: []string{"call", "SetDNSRecords", "SERVICE"}, answer: "No DNS zone is configured, so that there are no records to write: configure one first.",
			want: "exists true, running true, cores 2, memory 2048, new password true, told the guest true, status ready",
		},
		{args: []string{"call", "TerminateAccount", "SERVICE"}, want: "exists false, running false, cores , memory , new password false, told the guest true, status remove"},
		{args: []string{"call", "TerminateAccount", "SERVICE"}, want: "exists false, running false, cores , memory , new password false, told the guest true, status remove"},
	} {
		if step.before != nil {
			step.before()
		}
		var got struct{ Result string }
		line := strings.ReplaceAll(strings.Join(step.args, "\t"), "SERVICE", strconv.FormatInt(service, 10))
		w.devhost(t, &got, strings.Split(line, "\t")...)
		if got.Result != cmp.Or(step.answer, "success") {
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
		w.Sim.SetRunning(m.VMID, false)
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

// asked tells whether a request with this method and end of its path reached the cluster and was taken.
func (w *world) asked(method, path string) bool {
	return slices.ContainsFunc(w.Sim.Requests(), func(r pvesim.Request) bool {
		return r.Method == method && strings.HasSuffix(r.Path, path) && r.Status == http.StatusOK
	})
}

// The buttons marked ** answer with a sentence while the guest runs, and leave it alone; when it is off they do their work.
func TestButtons_thatNeedAStoppedGuest(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	buttons := []struct {
		name  string
		spoil func() // what the button mends
		done  func(g pvesim.GuestView, exists bool) bool
	}{
		{"SetCPURAM", func() { w.Sim.SetKey(m.VMID, "cores", "7") }, func(g pvesim.GuestView, _ bool) bool { return g.Config["cores"] == "1" }},
		{"SetCloudinit", func() { w.Sim.SetKey(m.VMID, "searchdomain", "spoilt.example") }, func(g pvesim.GuestView, _ bool) bool { return g.Config["searchdomain"] == "example.net" }},
		{"VMRemove", func() {}, func(_ pvesim.GuestView, exists bool) bool { return !exists }},
	}
	for _, b := range buttons {
		b.spoil()
	}
	before, _ := w.Sim.Guest(m.VMID)
	for _, name := range []string{"SetCPURAM", "SetCloudinit", "VMRemove", "Reinstall"} {
		want := fmt.Sprintf("VM %d (%s) of service %d is running, and must be off for this. Press Stop, wait until it is off, and try again.", m.VMID, m.Name, service)
		if got := w.call(t, name, service); got != want {
			t.Errorf("%s of a running VM answered %q, want %q", name, got, want)
		}
	}
	if n := w.value(t, "SELECT COUNT(*) FROM kvmbridge_jobs"); n != "0" {
		t.Errorf("%s jobs were queued by buttons that were refused", n)
	}
	if after, _ := w.Sim.Guest(m.VMID); !reflect.DeepEqual(after, before) || w.machine(t, service).Status != vm.Ready {
		t.Errorf("the refused buttons changed the guest: %+v, was %+v", after, before)
	}
	w.Sim.SetRunning(m.VMID, false)
	for _, b := range buttons {
		if got := w.call(t, b.name, service); got != "success" {
			t.Fatalf("%s of a stopped VM answered %q", b.name, got)
		}
		await(t, b.name, func() bool { g, exists := w.Sim.Guest(m.VMID); return b.done(g, exists) }, w.log.tail)
	}
	if got := w.call(t, "Reinstall", service); got != "success" {
		t.Fatalf("Reinstall of a VM that is gone answered %q", got)
	}
	w.ready(t, service)
}

// Start and Stop wait for nobody: while a machine is built there is nothing to switch, and asking twice is asking once.
func TestButtons_powerIsForMachinesThatAreReady(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	w.ready(t, service)
	for _, c := range []struct {
		button  string
		running bool
	}{{"Start", true}, {"Stop", false}, {"Stop", false}, {"Start", true}} {
		if got := w.call(t, c.button, service); got != "success" {
			t.Errorf("%s answered %q", c.button, got)
		}
		await(t, c.button, func() bool {
			g, _ := w.Sim.Guest(w.machine(t, service).VMID)
			return g.Running == c.running && w.value(t, "SELECT COUNT(*) FROM kvmbridge_jobs") == "0"
		}, w.log.tail)
	}
	if err := w.down(); err != nil {
		t.Fatal(err)
	}
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'set_network' WHERE service_id = ?", service)
	w.exec(t, "UPDATE kvmbridge_vm SET wake_at = NULL WHERE service_id = ?", service)
	needed(t, w.up(t.Context()))
	for _, button := range []string{"Start", "Stop", "VMRemove", "Reinstall"} {
		if got := w.call(t, button, service); !strings.Contains(got, `is at status "set_network", which does not allow this. Wait until it is ready`) {
			t.Errorf("%s during a deploy answered %q", button, got)
		}
	}
}

// machine is the record of a service.
func (w *world) machine(t *testing.T, service int64) vm.Machine {
	t.Helper()
	m, err := w.sidecar.Store().Find(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
