package proxmox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

func TestTrap_snapshotsAreNamesOldestFirst(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		rows string
		want []string
	}{
		"none":              {`[{"name":"current","description":"You are here!","running":0}]`, nil},
		"by time":           {`[{"name":"b","snaptime":20,"parent":"a"},{"name":"current","parent":"b"},{"name":"a","snaptime":"10"}]`, []string{"a", "b"}},
		"in one second":     {`[{"name":"a","snaptime":7,"parent":"z"},{"name":"z","snaptime":7},{"name":"m","snaptime":7,"parent":"a"}]`, []string{"z", "a", "m"}},
		"unfinished":        {`[{"name":"a","snaptime":7,"snapstate":"delete"},{"name":"current"}]`, []string{"a"}},
		"parents in a ring": {`[{"name":"a","snaptime":7,"parent":"b"},{"name":"b","snaptime":7,"parent":"a"}]`, []string{"a", "b"}},
		"no time":           {`[{"name":"b","snaptime":1},{"name":"a","snaptime":null}]`, []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cluster(t, always(ok(row.rows)), nil).Snapshots(context.Background(), "pve1", 100)
			if err != nil || !slices.Equal(snapshotNames(got), row.want) {
				t.Errorf("got %+v, %v; want %q", got, err, row.want)
			}
		})
	}
}

func snapshotNames(list []hypervisor.Snapshot) []string {
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

// Snapshots of one chain keep its order whatever the list's order and however many were taken in one second.
func TestSnapshots_orderIsThatOfTheChain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9_]{1,6}`), 0, 8, rapid.ID[string]).Filter(func(all []string) bool {
			return !slices.Contains(all, "current")
		}).Draw(t, "names")
		var rows []map[string]any
		parent, at := "", 0
		for _, name := range names {
			at += rapid.IntRange(0, 1).Draw(t, "seconds later")
			rows = append(rows, map[string]any{"name": name, "snaptime": at, "parent": parent})
			parent = name
		}
		rows = append(rows, map[string]any{"name": "current", "parent": parent})
		list, _ := json.Marshal(rapid.Permutation(rows).Draw(t, "rows"))
		s := httptest.NewServer(always(ok(string(list))))
		defer s.Close()
		c, err := proxmox.New(proxmox.Config{URL: s.URL, Auth: proxmox.Auth{TokenID: tokenID, Secret: secret}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Snapshots(context.Background(), "pve1", 100); err != nil || !slices.Equal(snapshotNames(got), names) {
			t.Fatalf("got %+v, %v; want %q", got, err, names)
		}
	})
}

func TestTrap_snapshotsAreDeletedByName(t *testing.T) {
	t.Parallel()
	s := always(ok(`"` + upid + `"`))
	got, err := cluster(t, s, nil).DeleteSnapshot(context.Background(), "pve1", 100, "before_update")
	if r := s.last(t); err != nil || got != upid || r.method != "DELETE" || r.path != "/nodes/pve1/qemu/100/snapshot/before_update" || r.body != "" {
		t.Errorf("got %q, %v and sent %s %s %q", got, err, r.method, r.path, r.body)
	}
}

func TestTrap_backupsAreThoseOfTheGuestOnly(t *testing.T) {
	t.Parallel()
	s := always(ok(`[
		{"volid":"bk:backup/vm/100/2026-03-02T00:00:00Z","vmid":"100","ctime":"1772409600","size":2.5e+09,"protected":1,"notes":"keep","verification":{"state":"failed","upid":"UPID:store"}},
		{"volid":"bk:backup/vzdump-qemu-100-2026_03_01-00_00_00.vma.zst","vmid":100,"ctime":1772323200,"size":7},
		{"volid":"bk:backup/vzdump-qemu-101-2026_03_01-00_00_00.vma.zst","vmid":101,"ctime":1,"size":1},
		{"volid":"bk:backup/mine.vma","ctime":1,"size":1},
		{"volid":"bk:backup/vzdump-lxc-100-2026_03_01-00_00_00.tar.zst","vmid":100,"subtype":"lxc","ctime":1,"size":1},
		{"volid":"bk:backup/ct/100/2026-03-02T00:00:00Z","vmid":100,"ctime":1,"size":1},
		{"volid":"bk:vm-100-disk-0","vmid":100,"content":"images","size":1}]`))
	got, err := cluster(t, s, nil).Backups(context.Background(), "pve1", "bk", 100)
	want := []hypervisor.Backup{
		{Volume: "bk:backup/vzdump-qemu-100-2026_03_01-00_00_00.vma.zst", Made: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Size: 7},
		{Volume: "bk:backup/vm/100/2026-03-02T00:00:00Z", Made: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Size: 2_500_000_000, Notes: "keep", Protected: true, Verified: hypervisor.VerifiedBad},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if r := s.last(t); r.path != "/nodes/pve1/storage/bk/content" || r.query != "content=backup&vmid=100" {
		t.Errorf("asked %s?%s", r.path, r.query)
	}
}

func TestTrap_aBackupThatIsGoneIsNoErrorAndAStorageThatIsGoneIsOne(t *testing.T) {
	t.Parallel()
	const volume = "bk:backup/vzdump-qemu-100-2026_03_01-00_00_00.vma.zst"
	for name, row := range map[string]struct {
		answer reply
		upid   string
		fault  pipeline.Fault
		fails  bool
	}{
		"task":         {ok(`"` + upid + `"`), upid, 0, false},
		"done":         {ok(`null`), "", 0, false},
		"gone":         {reply{500, "volume '" + volume + "' does not exist", ""}, "", 0, false},
		"gone in 9":    {reply{500, "", `{"data":null,"message":"no such volume '` + volume + `'\n"}`}, "", 0, false},
		"no storage":   {reply{500, "storage 'bk' does not exist", ""}, "", pipeline.NeedsPerson, true},
		"not here":     {reply{500, "storage 'bk' is not available on node 'pve1'", ""}, "", pipeline.NeedsPerson, true},
		"protected":    {reply{500, "cannot remove protected volume 'vm/100/x' on 'bk'", ""}, "", pipeline.NeedsPerson, true},
		"no rights":    {reply{403, "Permission check failed (/vms/100, VM.Backup)", ""}, "", pipeline.NeedsPerson, true},
		"unreachable":  {reply{595, "No route to host", ""}, "", pipeline.Transient, true},
		"storage busy": {reply{500, "cfs-lock 'storage-bk' error: got lock request timeout", ""}, "", pipeline.Transient, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := always(row.answer)
			got, err := cluster(t, s, nil).DeleteBackup(context.Background(), "pve1", "bk", volume)
			if got != row.upid || (err != nil) != row.fails || row.fails && pipeline.FaultOf(err) != row.fault {
				t.Errorf("got %q, %v (%v)", got, err, pipeline.FaultOf(err))
			}
			r := s.last(t)
			if want := "/nodes/pve1/storage/bk/content/bk:backup%2Fvzdump-qemu-100-2026_03_01-00_00_00.vma.zst"; r.method != "DELETE" || r.path != want || r.query != "" || r.body != "" {
				t.Errorf("sent %s %s?%s %q", r.method, r.path, r.query, r.body)
			}
		})
	}
}

// Proxmox removes the disk of a guest by the same call, so nothing but a backup is ever sent.
func TestTrap_onlyBackupsAreDeletedAsBackups(t *testing.T) {
	t.Parallel()
	s := always(ok(`"` + upid + `"`))
	c := cluster(t, s, nil)
	refuse := func(storage, volume string) error {
		if _, err := c.DeleteBackup(context.Background(), "pve1", storage, volume); err == nil || pipeline.FaultOf(err) != pipeline.Permanent {
			return fmt.Errorf("%q on %q is not refused for good: %w", volume, storage, err)
		}
		return nil
	}
	for _, volume := range []string{
		"", "bk", "bk:", "bk:backup", "bk:backup/", "bk:vm-100-disk-0", "bk:100/vm-100-disk-0.qcow2", "bk:iso/backup/x.iso",
		"other:backup/x.vma", "backup/x.vma", "bk:backup/../100/vm-100-disk-0.raw", " bk:backup/x.vma",
	} {
		if err := refuse("bk", volume); err != nil {
			t.Error(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		disk := fmt.Sprintf("%s:%s-%d-disk-%d", rapid.StringMatching(`[a-z][a-z0-9-]{1,8}`).Draw(t, "storage"),
			rapid.SampledFrom([]string{"vm", "base", "100/vm", "iso/vm"}).Draw(t, "kind"), rapid.IntRange(100, 999).Draw(t, "vmid"), rapid.IntRange(0, 9).Draw(t, "disk"))
		storage := rapid.SampledFrom([]string{"", "bk", "local", disk[:len(disk)-len("disk")]}).Draw(t, "asked")
		if err := refuse(storage, disk); err != nil {
			t.Error(err)
		}
	})
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// A mark that was written for people to read is found in the file's own form again.
func TestTrap_theConfigurationInsideABackup(t *testing.T) {
	t.Parallel()
	s := always(ok(`"#WHMCS service %2312, 100% ours\n#\n#kvmbridge%3Aabc%3A12\nboot: order=scsi0;net0\nname: web1\nscsi0: store:100/vm-100-disk-0.raw,size=4G\n\n[before]\nname: old\n#qmdump#map\n"`))
	got, err := cluster(t, s, nil).BackupConfig(context.Background(), "pve1", "bk:backup/vm/100/2026-03-02T00:00:00Z")
	want := map[string]string{
		"description": "WHMCS service %2312, 100% ours\n\nkvmbridge:abc:12\n", "boot": "order=scsi0;net0", "name": "web1", "scsi0": "store:100/vm-100-disk-0.raw,size=4G",
	}
	if err != nil || !reflect.DeepEqual(got.Values, want) {
		t.Errorf("got %+v, %v; want %+v", got.Values, err, want)
	}
	if r := s.last(t); r.path != "/nodes/pve1/vzdump/extractconfig" || r.query != "volume=bk%3Abackup%2Fvm%2F100%2F2026-03-02T00%3A00%3A00Z" {
		t.Errorf("asked %s?%s", r.path, r.query)
	}
}
