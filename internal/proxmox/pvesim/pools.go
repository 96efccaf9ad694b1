package pvesim

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// pool is a group of guests and storages. A guest's number stays in it even when no such guest exists.
type pool struct {
	id, comment string
	vms         []int
	storages    []string
}

func (p *pool) add(vmid int) {
	if !slices.Contains(p.vms, vmid) {
		p.vms = append(p.vms, vmid)
	}
}

func (p *pool) remove(vmid int) {
	p.vms = slices.DeleteFunc(p.vms, func(v int) bool { return v == vmid })
}

func (s *Sim) poolIDs() []string { return slices.Sorted(maps.Keys(s.pools)) }

// poolsOf names the pools of the guest or storage that an access path is about.
func (s *Sim) poolsOf(path string) []string {
	var out []string
	vm, isVM := strings.CutPrefix(path, "/vms/")
	storage, isStorage := strings.CutPrefix(path, "/storage/")
	vmid, err := strconv.Atoi(vm)
	for _, id := range s.poolIDs() {
		p := s.pools[id]
		if (isVM && err == nil && slices.Contains(p.vms, vmid)) || (isStorage && slices.Contains(p.storages, storage)) {
			out = append(out, id)
		}
	}
	return out
}

func getPools(c *call) (any, error) {
	if c.has("poolid") {
		return getPool(c)
	}
	rows := []map[string]any{}
	for _, id := range c.poolIDs() {
		if c.may("/pool/"+id, "Pool.Audit") {
			row := map[string]any{"poolid": id}
			if c.pools[id].comment != "" {
				row["comment"] = c.pools[id].comment
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func getPool(c *call) (any, error) {
	p := c.pools[c.str("poolid")]
	if p == nil {
		return nil, refusal.Fault("pool '%s' does not exist", c.str("poolid"))
	}
	members := []map[string]any{}
	for _, vmid := range p.vms {
		if g := c.guests[vmid]; g != nil {
			members = append(members, c.guestRow(g))
		}
	}
	for _, id := range p.storages {
		members = append(members, map[string]any{"id": "storage/" + id, "storage": id, "type": "storage"})
	}
	out := map[string]any{"members": members}
	if p.comment != "" {
		out["comment"] = p.comment
	}
	return out, nil
}

func postPool(c *call) (any, error) {
	id := c.str("poolid")
	if c.pools[id] != nil {
		return nil, refusal.Fault("create pool failed: pool '%s' already exists", id)
	}
	c.pools[id] = &pool{id: id, comment: c.str("comment")}
	return nil, nil //nolint:nilnil // the API answers null
}

func putPool(c *call) (any, error) {
	p := c.pools[c.str("poolid")]
	if p == nil {
		return nil, refusal.Fault("update pools failed: pool '%s' does not exist", c.str("poolid"))
	}
	if c.has("comment") {
		p.comment = c.str("comment")
	}
	for _, word := range words(c.str("vms")) {
		vmid, err := strconv.Atoi(word)
		if err != nil {
			continue
		}
		if err := c.member(p, vmid); err != nil {
			return nil, err
		}
	}
	for _, id := range words(c.str("storage")) {
		p.storages = slices.DeleteFunc(p.storages, func(s string) bool { return s == id })
		if !c.flag("delete") {
			p.storages = append(p.storages, id)
		}
	}
	return nil, nil //nolint:nilnil // the API answers null
}

func (c *call) member(p *pool, vmid int) error {
	if c.flag("delete") {
		if !slices.Contains(p.vms, vmid) {
			return refusal.Fault("update pools failed: VM %d is not a pool member", vmid)
		}
		p.remove(vmid)
		return nil
	}
	for _, id := range c.poolsOf(vmPath(vmid)) {
		switch {
		case id == p.id:
			return refusal.Fault("update pools failed: VM %d is already a pool member", vmid)
		case !c.flag("allow-move"):
			return refusal.Fault("update pools failed: VM %d belongs already to pool '%s' and 'allow-move' is not set", vmid, id)
		}
		c.pools[id].remove(vmid)
	}
	p.add(vmid)
	return nil
}

func deletePool(c *call) (any, error) {
	id := c.str("poolid")
	p := c.pools[id]
	switch {
	case p == nil:
		return nil, refusal.Fault("delete pool failed: pool '%s' does not exist", id)
	case len(p.vms) > 0:
		return nil, refusal.Fault("delete pool failed: pool '%s' is not empty (contains VM %d)", id, p.vms[0])
	case len(p.storages) > 0:
		return nil, refusal.Fault("delete pool failed: pool '%s' is not empty (contains storage '%s')", id, p.storages[0])
	}
	delete(c.pools, id)
	return nil, nil //nolint:nilnil // the API answers null
}
