package proxmox

import (
	"context"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// resource is a row of /cluster/resources; which fields it has depends on its type.
type resource struct {
	Type       string `json:"type"` // node, qemu, lxc, storage, pool, sdn
	Node       string `json:"node"`
	Status     string `json:"status"`
	VMID       number `json:"vmid"`
	Name       string `json:"name"`
	Template   flag   `json:"template"`
	Pool       string `json:"pool"`
	MaxMem     number `json:"maxmem"`
	Mem        number `json:"mem"`
	Storage    string `json:"storage"`
	PluginType string `json:"plugintype"`
	Content    string `json:"content"`
	Shared     flag   `json:"shared"`
	MaxDisk    number `json:"maxdisk"`
	Disk       number `json:"disk"`
	// Absent when the node has not told anything of the guest; 0 for a guest that does not run.
	NetIn  *number `json:"netin"`
	NetOut *number `json:"netout"`
	Uptime *number `json:"uptime"`
}

// Resources implements vm.Inventory with one call. Memory and disk figures are the cluster's last broadcast, up to some
// twenty seconds old; which guests exist and which pool they are in is read live (pve-behaviour §18). Containers are listed
// among the guests, never as templates: they hold ids of the same range.
func (c *Cluster) Resources(ctx context.Context) (hypervisor.Resources, error) {
	var rows []resource
	if err := c.get(ctx, "/cluster/resources", &rows); err != nil {
		return hypervisor.Resources{}, fmt.Errorf("list the cluster: %w", err)
	}
	var out hypervisor.Resources
	for _, r := range rows {
		switch r.Type {
		case "node":
			out.Nodes = append(out.Nodes, hypervisor.Node{Name: r.Node, Online: r.Status == "online", FreeMemory: int64(max(0, r.MaxMem-r.Mem))})
		case "qemu", "lxc":
			out.Guests = append(out.Guests, r.guest())
		case "storage":
			out.Storages = append(out.Storages, r.storage())
		}
	}
	return out, nil
}

func (r resource) guest() hypervisor.GuestRef {
	return hypervisor.GuestRef{
		VMID: int(r.VMID), Node: r.Node, Name: r.Name, Status: r.Status, Pool: r.Pool,
		Template: bool(r.Template) && r.Type == "qemu", Counters: r.counters(),
	}
}

// counters are those of virtual machines; a status of unknown comes with figures that are nobody's any more.
func (r resource) counters() hypervisor.Counters {
	if r.Type != "qemu" || r.Status == "unknown" || r.NetIn == nil || r.NetOut == nil || r.Uptime == nil {
		return hypervisor.Counters{}
	}
	return hypervisor.Counters{
		Known: true, In: octets(*r.NetIn), Out: octets(*r.NetOut), Uptime: time.Duration(*r.Uptime) * time.Second,
	}
}

// octets is a counter; what no counter can show is taken for 0.
func octets(n number) uint64 {
	if n < 0 || n >= 1<<63 {
		return 0
	}
	return uint64(n)
}

func (r resource) storage() hypervisor.Storage {
	return hypervisor.Storage{
		ID: r.Storage, Node: r.Node, Type: r.PluginType, Content: list(r.Content), Shared: bool(r.Shared),
		Active: r.Status == "available", Avail: int64(max(0, r.MaxDisk-r.Disk)), Capacity: int64(r.MaxDisk),
	}
}
