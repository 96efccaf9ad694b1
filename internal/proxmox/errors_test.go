package proxmox_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

// meanings are messages of Proxmox with what they mean, alike as a direct answer and as a task's end.
func meanings() map[string]struct {
	sentinel error
	fault    pipeline.Fault
} {
	type m = struct {
		sentinel error
		fault    pipeline.Fault
	}
	return map[string]m{
		"can't clone to non-shared storage 'store'":                                                                         {nil, pipeline.NeedsPerson},
		"can't clone VM to node 'pve2' (VM uses local storage)":                                                             {nil, pipeline.NeedsPerson},
		"migration aborted: can't migrate 'l:1/x' as it's a clone of 'b'":                                                   {nil, pipeline.NeedsPerson},
		"VM is locked (backup)":                                                                                             {hypervisor.ErrLocked, pipeline.Transient},
		"can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout":                                               {hypervisor.ErrLocked, pipeline.Transient},
		"can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout":                                           {hypervisor.ErrLocked, pipeline.Transient},
		"clone failed: cfs-lock 'storage-ceph' error: got lock request timeout":                                             {hypervisor.ErrLocked, pipeline.Transient},
		"'storage-ceph'-locked command timed out - aborting":                                                                {hypervisor.ErrLocked, pipeline.Transient},
		"Failed to obtain guest migration lock - replication running?":                                                      {hypervisor.ErrLocked, pipeline.Transient},
		"cluster not ready - no quorum?":                                                                                    {nil, pipeline.Transient},
		"cfs-lock 'firewall-vm-101' error: no quorum!":                                                                      {nil, pipeline.Transient},
		"unable to open file '/etc/pve/nodes/pve1/qemu-server/301.conf.tmp.234' - Permission denied":                        {nil, pipeline.Transient},
		"unable to create VM 101: config file already exists":                                                               {hypervisor.ErrTaken, pipeline.Transient},
		"unable to create VM 100 - VM 100 already exists on node 'pve1'":                                                    {hypervisor.ErrTaken, pipeline.Transient},
		"unable to create VM 100 - CT 100 already exists on node 'pve1'":                                                    {hypervisor.ErrTaken, pipeline.Transient},
		"clone failed: close (rename) atomic file '/etc/pve/nodes/pve1/qemu-server/200.conf' failed: File exists":           {hypervisor.ErrTaken, pipeline.Transient},
		"Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist":                                               {hypervisor.ErrNoGuest, pipeline.Transient},
		"unable to find configuration file for VM 999 on node 'pve1'":                                                       {hypervisor.ErrNoGuest, pipeline.Transient},
		"checksum missmatch (file change by other user?)":                                                                   {hypervisor.ErrChanged, pipeline.Transient},
		"checksum mismatch (file change by other user?)":                                                                    {hypervisor.ErrChanged, pipeline.Transient},
		"detected modified configuration - file changed by other user? Try again.":                                          {hypervisor.ErrChanged, pipeline.Transient},
		"no such IPSet 'ipfilter-net0'":                                                                                     {hypervisor.ErrMissing, pipeline.Permanent},
		"snapshot 'x' does not exist":                                                                                       {hypervisor.ErrMissing, pipeline.Permanent},
		"disk 'scsi5' does not exist":                                                                                       {hypervisor.ErrMissing, pipeline.Permanent},
		"VM quit/powerdown failed - got timeout":                                                                            {nil, pipeline.Transient},
		"VM is paused - cannot shutdown":                                                                                    {nil, pipeline.Permanent},
		"VM 100 is running - destroy failed":                                                                                {nil, pipeline.Transient},
		"can't remove VM 100 - protection mode enabled":                                                                     {nil, pipeline.NeedsPerson},
		"base volume 'local:100/base-100-disk-0.qcow2' is still in use by linked cloned":                                    {nil, pipeline.NeedsPerson},
		"base volume 'base-100-disk-0' is still in use by linked clones":                                                    {nil, pipeline.NeedsPerson},
		"cannot remove protected volume 'vm/100/x' on 'store'":                                                              {nil, pipeline.NeedsPerson},
		"cannot remove protected archive '/mnt/bk/dump/x.vma'":                                                              {nil, pipeline.NeedsPerson},
		"VM is locked (destroyed)":                                                                                          {hypervisor.ErrLocked, pipeline.Transient},
		"No QEMU guest agent configured":                                                                                    {hypervisor.ErrNoAgent, pipeline.NeedsPerson},
		"QEMU guest agent is not running":                                                                                   {hypervisor.ErrNoAgent, pipeline.Transient},
		"VM 100 is not running":                                                                                             {hypervisor.ErrNoAgent, pipeline.Transient},
		"VM 131 qga command 'guest-ping' failed - got timeout":                                                              {hypervisor.ErrNoAgent, pipeline.Transient},
		"VM 100 not running":                                                                                                {nil, pipeline.Permanent},
		"Agent error: child process has failed to set user password":                                                        {nil, pipeline.Permanent},
		"storage 'nosuch' does not exist":                                                                                   {nil, pipeline.NeedsPerson},
		"storage 'local-zfs' is not available on node 'pve2'":                                                               {nil, pipeline.NeedsPerson},
		"storage 'x' is disabled":                                                                                           {nil, pipeline.NeedsPerson},
		"bridge 'vmbr9' does not exist":                                                                                     {nil, pipeline.NeedsPerson},
		"no such cluster node 'x'":                                                                                          {nil, pipeline.NeedsPerson},
		"hostname lookup 'x' failed - failed to get address info for: x: Name or service not known":                         {nil, pipeline.NeedsPerson},
		"clone failed: unable to create image: No space left on device":                                                     {nil, pipeline.NeedsPerson},
		"lvcreate 'pve/vm-101-disk-0' error:   Volume group \"pve\" has insufficient free space (10 extents): 20 required.": {nil, pipeline.NeedsPerson},
		"zfs error: cannot create 'rpool/data/vm-101-disk-0': out of space":                                                 {nil, pipeline.NeedsPerson},
		"only root can set 'args' config":                                                                                   {nil, pipeline.NeedsPerson},
		"Linked clone feature is not supported for 'local:100/x.raw' (scsi0)":                                               {nil, pipeline.NeedsPerson},
		"received interrupt":                                                                                                {nil, pipeline.Transient},
		"clone failed: interrupted by signal":                                                                               {nil, pipeline.Transient},
		"unexpected status":                                                                                                 {nil, pipeline.Transient},
		"start failed: org.freedesktop.systemd1.Manager: timed out":                                                         {nil, pipeline.Transient},
		"you can't start a vm if it's a template":                                                                           {nil, pipeline.Permanent},
		"shrinking disks is not supported":                                                                                  {nil, pipeline.Permanent},
		"IPSet 'x' already exists":                                                                                          {nil, pipeline.Permanent},
		"VM 186 already running":                                                                                            {nil, pipeline.Permanent},
		"something nobody has seen before":                                                                                  {nil, pipeline.Permanent},
	}
}

var sentinels = []error{hypervisor.ErrNoGuest, hypervisor.ErrLocked, hypervisor.ErrTaken, hypervisor.ErrUnknownOutcome, hypervisor.ErrChanged, hypervisor.ErrMissing, hypervisor.ErrNoAgent}

func TestErrors_oneTableForAnswersAndTasks(t *testing.T) {
	t.Parallel()
	for text, want := range meanings() {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			message, _ := json.Marshal(text + "\n")
			_, answered := cluster(t, always(reply{500, "", `{"data":null,"message":` + string(message) + `}`}), nil).Start(context.Background(), "pve1", 100)
			for way, err := range map[string]error{"answer": answered, "task": proxmox.Classify(text)} {
				if got := pipeline.FaultOf(err); err == nil || got != want.fault {
					t.Errorf("%s: fault of %v: got %v, want %v", way, err, got, want.fault)
				}
				for _, s := range sentinels {
					if errors.Is(err, s) != errors.Is(want.sentinel, s) {
						t.Errorf("%s: %v matches %q: got %v", way, err, s, errors.Is(err, s))
					}
				}
				if !strings.Contains(err.Error(), strings.TrimSpace(text)) {
					t.Errorf("%s: %q does not show %q", way, err, text)
				}
			}
		})
	}
}

func TestClassify_isNilForSuccess(t *testing.T) {
	t.Parallel()
	for _, exit := range []string{"OK", "WARNINGS: 3"} {
		if err := proxmox.Classify(exit); err != nil {
			t.Errorf("%q: got %v, want nil", exit, err)
		}
	}
	if err := proxmox.Classify(""); err == nil {
		t.Error("an empty exit text is taken for success")
	}
}

func TestError_isASentence(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*proxmox.Error{
		"Proxmox refused POST clone of VM 100: the API user lacks the privilege VM.Allocate on the new guest; grant it on /vms under Datacenter, Permissions (Permission check failed)": {Code: 403, Method: "POST", Path: "/nodes/pve1/qemu/100/clone", Reason: "Permission check failed"},
		"Proxmox refused PUT pools: the API user lacks the rights: Permission check failed (user != root@pam)":                                                                          {Code: 403, Method: "PUT", Path: "pools", Reason: "Permission check failed (user != root@pam)"},
		"Proxmox refused PUT config of VM 100: memory: value must have a minimum value of 16":                                                                                           {Code: 400, Method: "PUT", Path: "/nodes/pve1/qemu/100/config", Reason: "Parameter verification failed.", Fields: map[string]string{"memory": "value must have a minimum value of 16"}},
		"Proxmox refused GET status/current of VM 100: the API user lacks the privilege VM.Audit on /vms/100; grant it under Datacenter, Permissions":                                   {Code: 403, Method: "GET", Path: "/nodes/pve1/qemu/100/status/current", Reason: "Permission check failed (/vms/100, VM.Audit)"},
		"Proxmox refused GET storage of node pve1: storage 'x' does not exist":                                                                                                          {Code: 500, Method: "GET", Path: "/nodes/pve1/storage", Reason: "storage 'x' does not exist"},
		"Proxmox does not accept the API token or ticket (GET /version): invalid token value!; check the token's id and secret on the server's page in WHMCS":                           {Code: 401, Method: "GET", Path: "/version", Reason: "invalid token value!"},
		"Proxmox could not complete POST clone of VM 100 (596 Connection timed out); it is not known whether it happened":                                                               {Code: 596, Method: "POST", Path: "/nodes/pve1/qemu/100/clone", Reason: "Connection timed out"},
		"Proxmox refused POST clone of VM 100: the API user lacks the privilege Datastore.Audit or Datastore.AllocateSpace on /storage/x; grant it under Datacenter, Permissions":       {Code: 403, Method: "POST", Path: "/nodes/pve1/qemu/100/clone", Reason: "Permission check failed (/storage/x, Datastore.Audit|Datastore.AllocateSpace)"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// Whatever a server answers, the adapter neither panics nor shows JSON it did not understand as success.
func FuzzAnswers(f *testing.F) {
	for _, row := range badAnswers() {
		f.Add(row.answer.code, row.answer.body)
	}
	f.Add(200, `{"data":{"status":"running","uptime":"7"}}`)
	f.Add(200, `{"data":{"status":7}}`)
	f.Add(200, `{"data":[]}`)
	f.Add(200, `{"data":[{"name":"a","snaptime":1,"parent":"b"},{"name":"b","snaptime":1,"parent":"a"},{"name":"current"}]}`)
	f.Add(200, `{"data":[{"volid":"bk:backup/x","vmid":"100","ctime":1e300,"size":-1,"protected":"1"},{"volid":"bk:vm-100-disk-0","vmid":100}]}`)
	f.Fuzz(func(t *testing.T, code int, body string) {
		code = 200 + (code%400+400)%400
		if code == 204 || code == 304 { // these have no body
			return
		}
		got, err := cluster(t, always(reply{code, "Text", body}), nil).Status(context.Background(), "pve1", 100)
		if err == nil && code/100 != 2 {
			t.Errorf("code %d was taken for success: %+v", code, got)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
		c := cluster(t, always(reply{code, "Text", body}), nil)
		snapshots, refused := c.Snapshots(context.Background(), "pve1", 100)
		if refused == nil && (code/100 != 2 || slices.Contains(snapshotNames(snapshots), "current")) {
			t.Errorf("code %d was read as snapshots %+v", code, snapshots)
		}
		backups, refused := c.Backups(context.Background(), "pve1", "bk", 100)
		for _, b := range backups {
			if refused != nil || code/100 != 2 || !strings.HasPrefix(b.Volume, "bk:backup/") {
				t.Errorf("code %d was read as backup %+v", code, b)
			}
		}
	})
}
