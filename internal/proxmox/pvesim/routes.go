package pvesim

import (
	"maps"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/inventory"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/lifecycle"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/settings"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

const (
	vm      = "/nodes/{node}/qemu/{vmid}"
	tasks   = "/nodes/{node}/tasks"
	storage = "/nodes/{node}/storage"
)

type table = map[string]world.Handler

// routes is the whole surface of the simulator: endpoint template to handler. What the contract knows and
// this page does not is answered with 501.
//
//nolint:gochecknoglobals // immutable table, made once
var routes = sync.OnceValue(func() table {
	all := table{}
	for _, part := range []table{
		clusterRoutes(), nodeRoutes(), settingsRoutes(), lifecycleRoutes(), snapshotRoutes(), storageRoutes(), poolRoutes(),
		inventory.AgentRoutes(vm + "/agent"), inventory.FirewallRoutes(vm + "/firewall"), inventory.FirewallRoutes("/cluster/firewall"),
	} {
		maps.Copy(all, part)
	}
	return all
})

func clusterRoutes() table {
	return table{
		"GET /version":                 inventory.GetVersion,
		"POST /access/ticket":          inventory.PostTicket,
		"GET /access/permissions":      inventory.GetPermissions,
		"GET /cluster/nextid":          inventory.GetNextID,
		"GET /cluster/options":         inventory.GetClusterOptions,
		"GET /cluster/firewall/macros": inventory.GetMacros,
		"GET /cluster/resources":       inventory.GetResources,
		"GET /cluster/status":          inventory.GetClusterStatus,
		"GET /cluster/tasks":           inventory.GetClusterTasks,
	}
}

func nodeRoutes() table {
	return table{
		"GET /nodes":                      inventory.GetNodes,
		"GET /nodes/{node}/status":        inventory.GetNodeStatus,
		"GET /nodes/{node}/network":       inventory.GetNetwork,
		"GET /nodes/{node}/rrddata":       inventory.GetNodeRRD,
		"GET " + tasks:                    inventory.GetTasks,
		"GET " + tasks + "/{upid}/status": inventory.GetTaskStatus,
		"GET " + tasks + "/{upid}/log":    inventory.GetTaskLog,
		"DELETE " + tasks + "/{upid}":     inventory.DeleteTask,
		"GET /nodes/{node}/qemu":          inventory.ListGuests,
		"GET " + vm + "/status/current":   inventory.GetCurrent,
		"GET " + vm + "/rrddata":          inventory.GetGuestRRD,
		"GET " + vm + "/firewall/log":     inventory.GetFirewallLog,
		"POST " + vm + "/vncproxy":        inventory.PostVNCProxy,
		"GET " + vm + "/vncwebsocket":     inventory.GetVNCWebSocket,
	}
}

func settingsRoutes() table {
	return table{
		"GET " + vm + "/config":         settings.GetConfig,
		"PUT " + vm + "/config":         settings.PutConfig,
		"POST " + vm + "/config":        settings.PostConfig,
		"GET " + vm + "/pending":        settings.GetPending,
		"PUT " + vm + "/unlink":         settings.PutUnlink,
		"PUT " + vm + "/resize":         settings.PutResize,
		"POST " + vm + "/move_disk":     settings.PostMoveDisk,
		"GET " + vm + "/feature":        settings.GetFeature,
		"GET " + vm + "/cloudinit":      settings.GetCloudInit,
		"PUT " + vm + "/cloudinit":      settings.PutCloudInit,
		"GET " + vm + "/cloudinit/dump": settings.GetCloudInitDump,
	}
}

func lifecycleRoutes() table {
	return table{
		"POST /nodes/{node}/qemu":         lifecycle.PostCreate,
		"DELETE " + vm:                    lifecycle.DeleteGuest,
		"POST " + vm + "/clone":           lifecycle.PostClone,
		"POST " + vm + "/template":        lifecycle.PostTemplate,
		"GET " + vm + "/migrate":          lifecycle.GetMigrate,
		"POST " + vm + "/migrate":         lifecycle.PostMigrate,
		"POST " + vm + "/status/start":    lifecycle.PostStart,
		"POST " + vm + "/status/stop":     lifecycle.PostStop,
		"POST " + vm + "/status/shutdown": lifecycle.PostShutdown,
		"POST " + vm + "/status/reboot":   lifecycle.PostReboot,
		"POST " + vm + "/status/reset":    lifecycle.PostReset,
		"POST " + vm + "/status/suspend":  lifecycle.PostSuspend,
		"POST " + vm + "/status/resume":   lifecycle.PostResume,
	}
}

func snapshotRoutes() table {
	return table{
		"GET " + vm + "/snapshot":                      lifecycle.GetSnapshots,
		"POST " + vm + "/snapshot":                     lifecycle.PostSnapshot,
		"GET " + vm + "/snapshot/{snapname}":           lifecycle.GetSnapshot,
		"DELETE " + vm + "/snapshot/{snapname}":        lifecycle.DeleteSnapshot,
		"GET " + vm + "/snapshot/{snapname}/config":    lifecycle.GetSnapshotConfig,
		"PUT " + vm + "/snapshot/{snapname}/config":    lifecycle.PutSnapshotConfig,
		"POST " + vm + "/snapshot/{snapname}/rollback": lifecycle.PostRollback,
		"POST /nodes/{node}/vzdump":                    lifecycle.PostVzdump,
		"GET /nodes/{node}/vzdump/extractconfig":       lifecycle.GetExtractConfig,
	}
}

func storageRoutes() table {
	return table{
		"GET " + storage:                                    inventory.GetStorages,
		"GET " + storage + "/{storage}/status":              inventory.GetStorageStatus,
		"GET " + storage + "/{storage}/content":             inventory.GetContent,
		"POST " + storage + "/{storage}/content":            inventory.PostContent,
		"GET " + storage + "/{storage}/content/{volume}":    inventory.GetVolume,
		"PUT " + storage + "/{storage}/content/{volume}":    inventory.PutVolume,
		"DELETE " + storage + "/{storage}/content/{volume}": inventory.DeleteVolume,
		"GET /storage":           inventory.GetStorageConfigs,
		"GET /storage/{storage}": inventory.GetStorageConfig,
	}
}

func poolRoutes() table {
	return table{
		"GET /pools":             inventory.GetPools,
		"POST /pools":            inventory.PostPool,
		"PUT /pools":             inventory.PutPool,
		"DELETE /pools":          inventory.DeletePool,
		"GET /pools/{poolid}":    inventory.GetPool,
		"PUT /pools/{poolid}":    inventory.PutPool,
		"DELETE /pools/{poolid}": inventory.DeletePool,
	}
}
