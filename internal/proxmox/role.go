package proxmox

import (
	"slices"
	"strconv"
	"strings"
)

// right is one privilege that the product uses. Where says on which path of the permission tree it has to be granted.
type right struct {
	privilege string
	where     string
	use       string // completes "it is needed to …"
	since     int    // first major version that checks it, 0 = all
	until     int    // last major version that has it, 0 = all
	rare      bool   // needed in rare situations only: its absence is a note, not a problem
}

// rights is the least that the life of guests needs (pve-behaviour §21).
//
//nolint:gochecknoglobals // immutable table
var rights = []right{
	{"VM.Audit", "/vms", "see guests and their configuration", 0, 0, false},
	{"VM.Clone", "/vms", "clone templates", 0, 0, false},
	{"VM.Allocate", "/vms", "create and delete guests", 0, 0, false},
	{"VM.Config.Disk", "/vms", "resize and add disks", 0, 0, false},
	{"VM.Config.CDROM", "/vms", "attach the cloud-init drive", 0, 0, false},
	{"VM.Config.CPU", "/vms", "set cores", 0, 0, false},
	{"VM.Config.Memory", "/vms", "set memory", 0, 0, false},
	{"VM.Config.Network", "/vms", "set network cards and the firewall", 0, 0, false},
	{"VM.Config.Options", "/vms", "set names, notes and start at boot", 0, 0, false},
	{"VM.Config.Cloudinit", "/vms", "set users, keys and addresses", 0, 0, false},
	{"VM.PowerMgmt", "/vms", "start and stop guests", 0, 0, false},
	{"VM.Snapshot", "/vms", "take and remove snapshots, and return to them", 0, 0, false},
	{"VM.Backup", "/vms", "make, see, restore and remove backups", 0, 0, false},
	{"VM.Migrate", "/vms", "move guests to their node", 0, 0, false},
	{"Datastore.Audit", "/storage", "see storages and their free space", 0, 0, false},
	{"Datastore.AllocateSpace", "/storage", "create disks, make and remove backups", 0, 0, false},
	{"Sys.Audit", "/nodes", "see the load of nodes", 0, 0, false},
	{"SDN.Use", "/sdn/zones/localnetwork", "connect network cards to bridges", 8, 0, false},
	{"VM.Monitor", "/vms", "change passwords in running guests through their agent", 0, 8, true},
	{"VM.GuestAgent.Unrestricted", "/vms", "change passwords in running guests through their agent", 9, 0, true},
	{"Pool.Audit", "/pool", "see whether a new guest landed in a pool", 0, 0, true},
	{"Pool.Allocate", "/pool", "take a new guest out of a pool that its id was left in", 0, 0, true},
}

// Role lists, sorted, the privileges that a role for this product needs on a cluster of that version ("8.4.5");
// an empty version means the newest.
func Role(version string) []string {
	var names []string
	for _, r := range needed(version) {
		names = append(names, r.privilege)
	}
	slices.Sort(names)
	return names
}

func needed(version string) []right {
	major := major(version)
	return slices.DeleteFunc(slices.Clone(rights), func(r right) bool {
		return major < r.since || r.until > 0 && major > r.until
	})
}

// major is the first number of a version; an unreadable one counts as the newest.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 1 << 16
	}
	return n
}

// permissions is the answer of /access/permissions: path, privilege, and 1 when it reaches the paths below.
type permissions map[string]map[string]flag

// grants says whether privilege is held somewhere at or below root. A grant on a pool counts for the guests and
// storages in it (pve-behaviour §2), and which those are is not asked.
func (p permissions) grants(privilege, root string) bool {
	for path, held := range p {
		propagates, has := held[privilege]
		switch {
		case !has:
		case path == root, path == "/" || strings.HasPrefix(root, path+"/"):
			if propagates {
				return true
			}
		case strings.HasPrefix(path, root+"/"):
			return true
		case strings.HasPrefix(path, "/pool/") && (root == "/vms" || root == "/storage"):
			return true
		}
	}
	return false
}

// missing lists what a user with p lacks.
func (p permissions) missing(version string) []right {
	return slices.DeleteFunc(needed(version), func(r right) bool { return p.grants(r.privilege, r.where) })
}
