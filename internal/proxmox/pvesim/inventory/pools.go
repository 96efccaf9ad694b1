package inventory

import (
	"slices"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// GetPools lists the pools.
func GetPools(w *world.Call) (any, error) {
	c := &call{w}
	if c.Has("poolid") {
		return GetPool(w)
	}
	rows := []map[string]any{}
	for _, id := range c.PoolIDs() {
		if c.May("/pool/"+id, "Pool.Audit") {
			row := map[string]any{"poolid": id}
			if c.Pools[id].Comment != "" {
				row["comment"] = c.Pools[id].Comment
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// GetPool answers one pool and its members.
func GetPool(w *world.Call) (any, error) {
	c := &call{w}
	p := c.Pools[c.Str("poolid")]
	if p == nil {
		return nil, refusal.Fault("pool '%s' does not exist", c.Str("poolid"))
	}
	members := []map[string]any{}
	for _, vmid := range p.VMs {
		if g := c.Guests[vmid]; g != nil {
			members = append(members, c.guestRow(g))
		}
	}
	for _, id := range p.Storages {
		members = append(members, map[string]any{"id": "storage/" + id, "storage": id, "type": "storage"})
	}
	out := map[string]any{"members": members}
	if p.Comment != "" {
		out["comment"] = p.Comment
	}
	return out, nil
}

// PostPool makes a pool.
func PostPool(w *world.Call) (any, error) {
	c := &call{w}
	id := c.Str("poolid")
	if c.Pools[id] != nil {
		return nil, refusal.Fault("create pool failed: pool '%s' already exists", id)
	}
	c.Pools[id] = &world.Pool{ID: id, Comment: c.Str("comment")}
	return nil, nil //nolint:nilnil // the API answers null
}

// PutPool changes comment and members of a pool.
func PutPool(w *world.Call) (any, error) {
	c := &call{w}
	p := c.Pools[c.Str("poolid")]
	if p == nil {
		return nil, refusal.Fault("update pools failed: pool '%s' does not exist", c.Str("poolid"))
	}
	if c.Has("comment") {
		p.Comment = c.Str("comment")
	}
	for _, word := range world.Words(c.Str("vms")) {
		vmid, err := strconv.Atoi(word)
		if err != nil {
			continue
		}
		if err := c.member(p, vmid); err != nil {
			return nil, err
		}
	}
	for _, id := range world.Words(c.Str("storage")) {
		p.Storages = slices.DeleteFunc(p.Storages, func(s string) bool { return s == id })
		if !c.Flag("delete") {
			p.Storages = append(p.Storages, id)
		}
	}
	return nil, nil //nolint:nilnil // the API answers null
}

func (c *call) member(p *world.Pool, vmid int) error {
	if c.Flag("delete") {
		if !slices.Contains(p.VMs, vmid) {
			return refusal.Fault("update pools failed: VM %d is not a pool member", vmid)
		}
		p.Remove(vmid)
		return nil
	}
	for _, id := range c.PoolsOf(world.VMPath(vmid)) {
		switch {
		case id == p.ID:
			return refusal.Fault("update pools failed: VM %d is already a pool member", vmid)
		case !c.Flag("allow-move"):
			return refusal.Fault("update pools failed: VM %d belongs already to pool '%s' and 'allow-move' is not set", vmid, id)
		}
		c.Pools[id].Remove(vmid)
	}
	p.Add(vmid)
	return nil
}

// DeletePool removes an empty pool.
func DeletePool(w *world.Call) (any, error) {
	c := &call{w}
	id := c.Str("poolid")
	p := c.Pools[id]
	switch {
	case p == nil:
		return nil, refusal.Fault("delete pool failed: pool '%s' does not exist", id)
	case len(p.VMs) > 0:
		return nil, refusal.Fault("delete pool failed: pool '%s' is not empty (contains VM %d)", id, p.VMs[0])
	case len(p.Storages) > 0:
		return nil, refusal.Fault("delete pool failed: pool '%s' is not empty (contains storage '%s')", id, p.Storages[0])
	}
	delete(c.Pools, id)
	return nil, nil //nolint:nilnil // the API answers null
}
