package proxmox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	px "github.com/luthermonson/go-proxmox"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// guest is the path of something of a guest; parts are escaped.
func guest(node string, vmid int, parts ...string) string {
	all := []string{"", "nodes", url.PathEscape(node), "qemu", strconv.Itoa(vmid)}
	for _, p := range parts {
		all = append(all, url.PathEscape(p))
	}
	return strings.Join(all, "/")
}

// Status implements vm.Guests; every call reads into a fresh struct, so a lock that is gone is gone.
func (c *Cluster) Status(ctx context.Context, node string, vmid int) (hypervisor.GuestStatus, error) {
	var answer struct {
		Status string `json:"status"`
		Lock   string `json:"lock"`
		Name   string `json:"name"`
		Uptime number `json:"uptime"`
	}
	if err := c.get(ctx, guest(node, vmid, "status", "current"), &answer); err != nil {
		return hypervisor.GuestStatus{}, fmt.Errorf("read status of VM %d: %w", vmid, err)
	}
	return hypervisor.GuestStatus{Running: answer.Status == "running", Lock: answer.Lock, Name: answer.Name, Uptime: int64(answer.Uptime)}, nil
}

// Config implements vm.Guests; pending changes are included, sshkeys stays URL-encoded.
func (c *Cluster) Config(ctx context.Context, node string, vmid int) (hypervisor.GuestConfig, error) {
	var answer keyed
	if err := c.get(ctx, guest(node, vmid, "config"), &answer); err != nil {
		return hypervisor.GuestConfig{}, fmt.Errorf("read config of VM %d: %w", vmid, err)
	}
	digest := answer["digest"]
	delete(answer, "digest")
	return hypervisor.GuestConfig{Values: answer, Digest: digest}, nil
}

// SetConfig implements vm.Guests. sshkeys is given as OpenSSH lines and encoded here. An empty change is no call.
func (c *Cluster) SetConfig(ctx context.Context, node string, vmid int, change hypervisor.Change) error {
	if len(change.Set) == 0 && len(change.Delete) == 0 {
		return nil
	}
	body := params{}
	for key, value := range change.Set {
		body[key] = value
	}
	if keys, ok := change.Set["sshkeys"]; ok {
		body["sshkeys"] = encodeKeys(keys)
	}
	if len(change.Delete) > 0 {
		body["delete"] = strings.Join(change.Delete, ",")
	}
	if change.Purge && len(change.Delete) > 0 {
		body["force"] = 1
	}
	if change.Digest != "" {
		body["digest"] = change.Digest
	}
	err := c.put(ctx, guest(node, vmid, "config"), body, nil)
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.hide(change.Set["cipassword"])
	}
	if err != nil {
		return fmt.Errorf("set %s of VM %d: %w", named(change), vmid, err)
	}
	return nil
}

// named lists the keys of a change for an error; values can be passwords.
func named(change hypervisor.Change) string {
	keys := append(slices.Sorted(maps.Keys(change.Set)), change.Delete...)
	return strings.Join(keys, ", ")
}

// encodeKeys encodes OpenSSH lines once: the body is JSON, only form bodies need it twice. A plus sign for a space would
// make the key invalid (pve-behaviour §8).
func encodeKeys(text string) string {
	var keys []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "\n")) {
		if line = strings.TrimSpace(line); line != "" {
			keys = append(keys, line)
		}
	}
	return px.EncodeSSHKeys(keys...)
}

// Clone implements vm.Guests.
func (c *Cluster) Clone(ctx context.Context, template hypervisor.GuestRef, clone hypervisor.Clone) (string, error) {
	body := params{"newid": clone.VMID, "full": 0}
	if clone.Full {
		body["full"] = 1
	}
	for key, value := range map[string]string{"name": clone.Name, "description": clone.Description} {
		if value != "" {
			body[key] = value
		}
	}
	// A linked clone with a storage is refused.
	if clone.Full && clone.Storage != "" {
		body["storage"] = clone.Storage
	}
	upid, err := c.task(ctx, guest(template.Node, template.VMID, "clone"), body)
	if err != nil {
		return "", fmt.Errorf("clone VM %d to %d: %w", template.VMID, clone.VMID, err)
	}
	return upid, nil
}

// Migrate implements vm.Guests.
func (c *Cluster) Migrate(ctx context.Context, node string, vmid int, to, targetStorage string) (string, error) {
	body := params{"target": to}
	if targetStorage != "" {
		body["targetstorage"] = targetStorage
	}
	upid, err := c.task(ctx, guest(node, vmid, "migrate"), body)
	if err != nil {
		return "", fmt.Errorf("migrate VM %d to %s: %w", vmid, to, err)
	}
	return upid, nil
}

// Resize implements vm.Guests.
func (c *Cluster) Resize(ctx context.Context, node string, vmid int, disk string, sizeGiB int) (string, error) {
	var upid string
	body := params{"disk": disk, "size": strconv.Itoa(sizeGiB) + "G"}
	if err := c.put(ctx, guest(node, vmid, "resize"), body, &upid); err != nil {
		return "", fmt.Errorf("resize %s of VM %d: %w", disk, vmid, err)
	}
	return upid, nil
}

// Start implements vm.Guests.
func (c *Cluster) Start(ctx context.Context, node string, vmid int) (string, error) {
	return c.power(ctx, node, vmid, "start", nil)
}

func (c *Cluster) power(ctx context.Context, node string, vmid int, verb string, body params) (string, error) {
	upid, err := c.task(ctx, guest(node, vmid, "status", verb), body)
	if err != nil {
		return "", fmt.Errorf("%s VM %d: %w", verb, vmid, err)
	}
	return upid, nil
}

// task posts what starts a task; an answer without a task id leaves the outcome unknown.
func (c *Cluster) task(ctx context.Context, path string, body params) (string, error) {
	var upid string
	if err := c.post(ctx, path, body, &upid); err != nil {
		return "", err
	}
	return upid, isTask(http.MethodPost, path, upid)
}

// isTask is an error when a write answered something else than a task id.
func isTask(method, path, upid string) error {
	if !strings.HasPrefix(upid, "UPID:") {
		return &NoAnswerError{Method: method, Path: plain(path), Sent: true, Cause: errNoTask}
	}
	return nil
}

// LeavePool implements vm.Guests; a guest that is not in the pool is fine. Nested pool names have a
// slash and need the call that only 8 and later have.
func (c *Cluster) LeavePool(ctx context.Context, pool string, vmid int) error {
	body := params{"vms": strconv.Itoa(vmid), "delete": 1}
	path := "/pools/" + url.PathEscape(pool)
	if strings.Contains(pool, "/") {
		path, body["poolid"] = "/pools", pool
	}
	err := c.put(ctx, path, body, nil)
	if e, ok := errors.AsType[*Error](err); ok && strings.Contains(e.text(), "is not a pool member") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("take VM %d out of pool %s: %w", vmid, pool, err)
	}
	return nil
}
