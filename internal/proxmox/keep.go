package proxmox

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// CanSnapshot implements hypervisor.Copies.
func (c *Cluster) CanSnapshot(ctx context.Context, node string, vmid int) (bool, error) {
	var answer struct {
		Has flag `json:"hasFeature"`
	}
	if err := c.get(ctx, guest(node, vmid, "feature")+"?feature=snapshot", &answer); err != nil {
		return false, fmt.Errorf("ask whether VM %d can make snapshots: %w", vmid, err)
	}
	return bool(answer.Has), nil
}

// TakeSnapshot implements hypervisor.Copies. A guest that is off has no memory to save; Proxmox then ignores the wish.
func (c *Cluster) TakeSnapshot(ctx context.Context, node string, vmid int, name, description string) (string, error) {
	upid, err := c.task(ctx, guest(node, vmid, "snapshot"), params{"snapname": name, "description": description, "vmstate": 1})
	if err != nil {
		return "", fmt.Errorf("take snapshot %s of VM %d: %w", name, vmid, err)
	}
	return upid, nil
}

// Rollback implements hypervisor.Copies.
func (c *Cluster) Rollback(ctx context.Context, node string, vmid int, name string) (string, error) {
	upid, err := c.task(ctx, guest(node, vmid, "snapshot", name, "rollback"), params{"start": 1})
	if err != nil {
		return "", fmt.Errorf("return VM %d to snapshot %s: %w", vmid, name, err)
	}
	return upid, nil
}

// Dump implements hypervisor.Copies. Without remove=0 Proxmox would prune by the rules of storage or node (pve-behaviour §15),
// and the oldest backup would go before anybody has looked at the new one.
func (c *Cluster) Dump(ctx context.Context, node, storage string, vmid int, notes string) (string, error) {
	path := "/nodes/" + url.PathEscape(node) + "/vzdump"
	body := params{
		"vmid": strconv.Itoa(vmid), "storage": storage, "mode": "snapshot", "compress": "zstd", "remove": 0, "notes-template": template(notes),
	}
	var answer string
	err := c.post(ctx, path, body, &answer)
	if err == nil && answer == "OK" { // nothing of that id is on the node
		err = pipeline.WithFault(fmt.Errorf("%w on node %s", hypervisor.ErrNoGuest, node), pipeline.Transient)
	} else if err == nil {
		err = isTask("POST", path, answer)
	}
	if err != nil {
		return "", fmt.Errorf("back up VM %d to %s: %w", vmid, storage, err)
	}
	return answer, nil
}

// template writes text as a notes-template: no variables, which are refused when unknown, and escapes for what separates lines.
func template(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "{{", "{ {").Replace(text)
}

// Restore implements hypervisor.Copies. Each disk returns to the storage it was on.
func (c *Cluster) Restore(ctx context.Context, node string, vmid int, volume string, set map[string]string) (string, error) {
	body := params{}
	for key, value := range set {
		body[key] = value
	}
	maps.Copy(body, params{"vmid": vmid, "archive": volume, "force": 1})
	upid, err := c.task(ctx, "/nodes/"+url.PathEscape(node)+"/qemu", body)
	if err != nil {
		return "", fmt.Errorf("restore VM %d from %s: %w", vmid, volume, err)
	}
	return upid, nil
}
