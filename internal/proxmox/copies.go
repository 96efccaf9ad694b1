package proxmox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// snapshot is a row of a guest's list.
type snapshot struct {
	Name   string `json:"name"`
	Text   string `json:"description"`
	Time   number `json:"snaptime"` // seconds
	Parent string `json:"parent"`
	RAM    flag   `json:"vmstate"`
	State  string `json:"snapstate"` // prepare, delete
}

// Snapshots implements hypervisor.Copies; the present ("current") is not listed. Proxmox ends each description with a line end.
func (c *Cluster) Snapshots(ctx context.Context, node string, vmid int) ([]hypervisor.Snapshot, error) {
	var rows []snapshot
	if err := c.get(ctx, guest(node, vmid, "snapshot"), &rows); err != nil {
		return nil, fmt.Errorf("list snapshots of VM %d: %w", vmid, err)
	}
	rows = slices.DeleteFunc(rows, func(s snapshot) bool { return s.Name == "current" })
	ancestors := generations(rows)
	slices.SortFunc(rows, func(a, b snapshot) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(ancestors[a.Name], ancestors[b.Name]), cmp.Compare(a.Name, b.Name))
	})
	list := make([]hypervisor.Snapshot, 0, len(rows))
	for _, s := range rows {
		list = append(list, hypervisor.Snapshot{
			Name: s.Name, Description: strings.TrimRight(s.Text, "\n"), Taken: time.Unix(int64(s.Time), 0).UTC(),
			Memory: bool(s.RAM), Unfinished: s.State,
		})
	}
	return list, nil
}

// generations counts the ancestors of each snapshot: times are whole seconds, so two can be of one time.
func generations(rows []snapshot) map[string]int {
	parent := map[string]string{}
	for _, s := range rows {
		parent[s.Name] = s.Parent
	}
	count := map[string]int{}
	for _, s := range rows {
		for p := s.Parent; p != "" && count[s.Name] < len(rows); p = parent[p] {
			count[s.Name]++
		}
	}
	return count
}

// DeleteSnapshot implements hypervisor.Copies; a snapshot that does not exist is a task that fails with vm.ErrMissing.
func (c *Cluster) DeleteSnapshot(ctx context.Context, node string, vmid int, name string) (string, error) {
	upid, err := c.removal(ctx, guest(node, vmid, "snapshot", name))
	if err != nil {
		return "", fmt.Errorf("delete snapshot %s of VM %d: %w", name, vmid, err)
	}
	return upid, nil
}

// archive is a row of a storage's content.
type archive struct {
	Volume    string `json:"volid"`
	VMID      number `json:"vmid"`
	Made      number `json:"ctime"` // seconds
	Size      number `json:"size"`  // bytes
	Notes     string `json:"notes"`
	Protected flag   `json:"protected"`
	Verified  struct {
		State string `json:"state"`
	} `json:"verification"`
}

// Backups implements hypervisor.Copies, oldest first. Notes are their first line. Backups that the API user may not see are left out
// by Proxmox without a word; those of a container that once had the id are left out here.
func (c *Cluster) Backups(ctx context.Context, node, storage string, vmid int) ([]hypervisor.Backup, error) {
	query := url.Values{"content": {"backup"}, "vmid": {strconv.Itoa(vmid)}}
	var rows []archive
	if err := c.get(ctx, content(node, storage)+"?"+query.Encode(), &rows); err != nil {
		return nil, fmt.Errorf("list backups of VM %d on %s: %w", vmid, storage, err)
	}
	backups := make([]hypervisor.Backup, 0, len(rows))
	for _, a := range rows {
		if int(a.VMID) == vmid && isBackup(storage, a.Volume) && !a.container() {
			backups = append(backups, a.backup())
		}
	}
	slices.SortFunc(backups, func(a, b hypervisor.Backup) int {
		return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.Volume, b.Volume))
	})
	return backups, nil
}

func (a archive) backup() hypervisor.Backup {
	return hypervisor.Backup{
		Volume: a.Volume, Made: time.Unix(int64(a.Made), 0).UTC(), Size: int64(a.Size),
		Notes: a.Notes, Protected: bool(a.Protected), Verified: hypervisor.Verification(a.Verified.State),
	}
}

// container says whose backup it is by its name, on directories and on backup servers (pve-behaviour §15).
func (a archive) container() bool {
	_, name, _ := strings.Cut(a.Volume, ":backup/")
	return strings.HasPrefix(name, "vzdump-lxc-") || strings.HasPrefix(name, "vzdump-openvz-") || strings.HasPrefix(name, "ct/")
}

// BackupConfig implements hypervisor.Copies. It asks for the same rights as deleting the backup.
func (c *Cluster) BackupConfig(ctx context.Context, node, volume string) (hypervisor.GuestConfig, error) {
	path := "/nodes/" + url.PathEscape(node) + "/vzdump/extractconfig?" + url.Values{"volume": {volume}}.Encode()
	var text string
	if err := c.get(ctx, path, &text); err != nil {
		return hypervisor.GuestConfig{}, fmt.Errorf("read the configuration in backup %s: %w", volume, err)
	}
	return hypervisor.GuestConfig{Values: parseFile(text)}, nil
}

// parseFile reads a guest's configuration file: the description in comment lines, in which colons are escaped, and the keys;
// what follows the first section is of snapshots.
func parseFile(text string) map[string]string {
	values := map[string]string{}
	text, _, _ = strings.Cut("\n"+text, "\n[")
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			values["description"] += strings.ReplaceAll(comment, "%3A", ":") + "\n"
		} else if key, value, ok := strings.Cut(line, ": "); ok {
			values[key] = value
		}
	}
	return values
}

// DeleteBackup implements hypervisor.Copies. It refuses everything that is not a backup on that storage: Proxmox would remove the disk
// of a guest by the same call. A protected backup is a task that fails and says so.
func (c *Cluster) DeleteBackup(ctx context.Context, node, storage, volume string) (string, error) {
	if !isBackup(storage, volume) {
		err := fmt.Errorf("delete backup: %q is not a backup on storage %q; nothing was deleted", volume, storage)
		return "", pipeline.WithFault(err, pipeline.Permanent)
	}
	path := content(node, storage, volume)
	var upid string
	err := c.delete(ctx, path, &upid)
	switch {
	case noVolume(err), err == nil && upid == "":
		return "", nil
	case err == nil:
		err = isTask(http.MethodDelete, path, upid)
	}
	if err != nil {
		return "", fmt.Errorf("delete backup %s: %w", volume, err)
	}
	return upid, nil
}

// isBackup knows volume ids of backups: storage:backup/name.
func isBackup(storage, volume string) bool {
	name, found := strings.CutPrefix(volume, storage+":backup/")
	return storage != "" && found && name != "" && !slices.Contains(strings.Split(name, "/"), "..")
}

// noVolume knows the answer about a volume that is gone; a storage that is gone is another matter.
func noVolume(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && words(`^volume '.*' does not exist|no such volume`).MatchString(e.text())
}

// content is the path of a storage's content or of one volume in it; parts are escaped.
func content(node, storage string, volume ...string) string {
	all := []string{"", "nodes", url.PathEscape(node), "storage", url.PathEscape(storage), "content"}
	for _, v := range volume {
		all = append(all, url.PathEscape(v))
	}
	return strings.Join(all, "/")
}
