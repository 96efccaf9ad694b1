package machines

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestExplain_saysWhatIsNextAndWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 4, 5, 6, 0, 0, 0, time.UTC)
	asked := []store.Queued{{Job: vm.JobStop, AskedAt: now}, {Job: vm.JobStart, AskedAt: now}}
	const second = `Next is "Clone VM", step 2 of 15 of deploy, which leads from set_ip to clone.`
	for name, c := range map[string]struct {
		edit func(*store.Standing)
		want []string // after the first sentence
	}{
		"nothing to do":  {func(s *store.Standing) { s.Machine.Status = vm.Ready }, []string{"Nothing waits to be done."}},
		"gone":           {func(s *store.Standing) { s.Machine.Status = vm.Removed }, []string{"Its guest is gone. Nothing happens until WHMCS orders a new one."}},
		"unknown status": {func(s *store.Standing) { s.Machine.Status = "set_moon" }, []string{`This version does not know that status and does nothing. "kvmbridge vm reset 5 --service --to STATUS" leads out of it; the statuses are ready, creation, set_ip, change_package, set_dns_records, terminate, remove.`}},
		"removing failed": {
			func(s *store.Standing) {
				s.Machine.Status, s.Machine.LastError, s.Machine.Attention, s.WorryingSince = vm.ErrorTerminate, "the guest is locked", "the guest is locked", now
			},
			[]string{
				"Removing its guest failed and is not tried again by itself. The last error: the guest is locked.",
				`When the cause is gone, "kvmbridge vm reset 5 --service --to terminate" tries again; when the VM is gone, "kvmbridge vm delete-record 5 --service" forgets it.`,
				"A person should look at it since 2031-04-05 06:00:00 UTC: the guest is locked.",
			},
		},
		"due": {
			func(s *store.Standing) { s.WakeAt = now.Add(-time.Minute) },
			[]string{second, "It has been due since 2031-04-05 05:59:00 UTC. A running kvmbridge serve takes it within seconds; when nothing happens, none works on this database."},
		},
		"due again": {
			func(s *store.Standing) {
				s.WakeAt, s.Machine.Failures, s.Machine.LastError, s.Machine.VMID, s.Machine.Node = now, 2, "no route", 0, ""
			},
			[]string{second, "It has been due since 2031-04-05 06:00:00 UTC. A running kvmbridge serve takes it within seconds; when nothing happens, none works on this database. The last error: no route."},
		},
		"failing": {
			func(s *store.Standing) {
				s.WakeAt, s.Machine.Failures, s.Machine.FailingSince, s.Machine.LastError = now.Add(24500*time.Millisecond), 3, now.Add(-time.Hour), "no address is free."
			},
			[]string{second, "It is tried again at 2031-04-05 06:00:24 UTC, in 25s, after 3 failures in a row since 2031-04-05 05:00:00 UTC. The last error: no address is free."},
		},
		"failed once": {
			func(s *store.Standing) {
				s.WakeAt, s.Machine.Failures, s.Machine.FailingSince = now.Add(2*time.Second), 1, now
			},
			[]string{second, "It is tried again at 2031-04-05 06:00:02 UTC, in 2s, after one failure since 2031-04-05 06:00:00 UTC. No reason is on record."},
		},
		"later": {func(s *store.Standing) { s.WakeAt = now.Add(time.Second) }, []string{second, "It is due at 2031-04-05 06:00:01 UTC, in 1s."}},
		"held for its return": {
			func(s *store.Standing) {
				s.Machine.Status, s.Machine.LastError, s.WakeAt, s.Wish = vm.Terminate, "VM 7 is off and kept until then", now.Add(time.Hour), vm.ChangePackage
			},
			[]string{
				`Next is "Terminate", step 1 of 1 of terminate, which leads from terminate to remove.`,
				"It is due at 2031-04-05 07:00:00 UTC, in 1h0m0s. VM 7 is off and kept until then.",
			},
		},
		"being worked on, with a wish": {
			func(s *store.Standing) {
				s.Holder, s.WakeAt, s.Wish, s.Jobs = "abc", now.Add(20*time.Second), vm.ChangePackage, asked
			},
			[]string{
				second, "A process is at it now. Should that process die, another one goes on at 2031-04-05 06:00:20 UTC.",
				"When it is ready, change_package follows, which was ordered meanwhile.",
				"After that, what was asked for is done in this order: Stop VM, Start VM.",
			},
		},
		"its worker died": {
			func(s *store.Standing) { s.Holder, s.WakeAt = "abc", now.Add(-time.Second) },
			[]string{second, "The process that was at it has not been heard of since before 2031-04-05 05:59:59 UTC: another running kvmbridge serve goes on."},
		},
		"parked by a suspension": {
			func(s *store.Standing) {
				s.Machine.LastError, s.Machine.Suspended, s.Machine.Throttled = "the service is suspended", true, true
			},
			[]string{
				second, "It waits for an event, not for a time: the service is suspended.", "It is suspended: its guest is kept off until WHMCS unsuspends the service.",
				"Its traffic is used up: its network card is as slow as traffic.throttle_mbps of its product says, until the next period or a higher limit.",
			},
		},
		"never due": {func(*store.Standing) {}, []string{second, `Nothing makes it due by itself: "kvmbridge vm retry 5 --service" does.`}},
		"jobs": {
			func(s *store.Standing) {
				s.Machine.Status, s.Machine.Job, s.Machine.JobAt, s.Jobs, s.WakeAt = vm.Ready, vm.JobStop, vm.JobStop.At(), asked, now.Add(time.Second)
			},
			[]string{`Next is the job "Stop VM" (stop).`, "It is due at 2031-04-05 06:00:01 UTC, in 1s.", "After that, what was asked for is done in this order: Start VM."},
		},
		"a wish before jobs": {
			func(s *store.Standing) {
				s.Machine.Status, s.Machine.Job, s.Machine.JobAt, s.Jobs, s.Wish, s.WakeAt = vm.Ready, vm.JobStop, vm.JobStop.At(), asked[:1], vm.SetDNSRecords, now.Add(time.Second)
			},
			[]string{`Next is "Set DNS records", step 1 of 1 of set_dns_records, which leads from set_dns_records to ready.`, "It is due at 2031-04-05 06:00:01 UTC, in 1s.", "After that, what was asked for is done in this order: Stop VM."},
		},
		"redeploy": {
			func(s *store.Standing) { s.Machine.Discard, s.WakeAt = true, now.Add(time.Second) },
			[]string{second, "It is due at 2031-04-05 06:00:01 UTC, in 1s.", "The guest of its earlier life is removed before a new one is built."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := store.Standing{ServiceStatus: "Active", Machine: vm.Machine{ServiceID: 5, ClientID: 2, VMID: 105, Name: "web", Node: "pve1", Status: vm.SetIP}}
			c.edit(&s)
			called := "VM 105 (web) on node pve1"
			if s.Machine.VMID == 0 {
				called = "the VM web, which has no id yet"
			}
			want := append([]string{"Service 5 of client 2 (Active in WHMCS) has " + called + "; its status is " + string(s.Machine.Status) + "."}, c.want...)
			if d := cmp.Diff(want, explain(s, Tables(), now)); d != "" {
				t.Errorf("explain (-want +got):\n%s", d)
			}
		})
	}
}
