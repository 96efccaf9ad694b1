package world

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Pool is a group of guests and storages. A guest's number stays in it even when no such guest exists.
type Pool struct {
	ID, Comment string
	VMs         []int
	Storages    []string
}

// Add makes a guest a member; twice is once.
func (p *Pool) Add(vmid int) {
	if !slices.Contains(p.VMs, vmid) {
		p.VMs = append(p.VMs, vmid)
	}
}

// Remove takes a guest out.
func (p *Pool) Remove(vmid int) {
	p.VMs = slices.DeleteFunc(p.VMs, func(v int) bool { return v == vmid })
}

// PoolIDs lists the pools by name.
func (s *World) PoolIDs() []string { return slices.Sorted(maps.Keys(s.Pools)) }

// PoolsOf names the pools of the guest or storage that an access path is about.
func (s *World) PoolsOf(path string) []string {
	var out []string
	vm, isVM := strings.CutPrefix(path, "/vms/")
	storage, isStorage := strings.CutPrefix(path, "/storage/")
	vmid, err := strconv.Atoi(vm)
	for _, id := range s.PoolIDs() {
		p := s.Pools[id]
		if (isVM && err == nil && slices.Contains(p.VMs, vmid)) || (isStorage && slices.Contains(p.Storages, storage)) {
			out = append(out, id)
		}
	}
	return out
}
