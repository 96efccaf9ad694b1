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

// routes is the whole surface of the simulator: endpoint template to handler. What the contract knows and
// this table does not is answered with 501.
var routes = sync.OnceValue(buildRoutes) //nolint:gochecknoglobals // immutable table, made once

func buildRoutes() map[string]world.Handler {
	all := map[string]world.Handler{
		"GET /version":            inventory.GetVersion,
		"POST /access/ticket":     inventory.PostTicket,
		"GET /access/permissions": inventory.GetPermissions,

		"GET /cluster/nextid":    inventory.GetNextID,
		"GET /cluster/resources": inventory.GetResources,
		"GET /cluster/status":    inventory.GetClusterStatus,
		"GET /cluster/tasks":     inventory.GetClusterTasks,

		"GET /nodes":                inventory.GetNodes,
		"GET /nodes/{node}/status":  inventory.GetNodeStatus,
		"GET /nodes/{node}/network": inventory.GetNetwork,

		"GET " + tasks:                    inventory.GetTasks,
		"GET " + tasks + "/{upid}/status": inventory.GetTaskStatus,
		"GET " + tasks + "/{upid}/log":    inventory.GetTaskLog,
		"DELETE " + tasks + "/{upid}":     inventory.DeleteTask,

		"GET /nodes/{node}/qemu":   inventory.ListGuests,
		"POST /nodes/{node}/qemu":  lifecycle.PostCreate,
		"DELETE " + vm:             lifecycle.DeleteGuest,
		"GET " + vm + "/config":    settings.GetConfig,
		"PUT " + vm + "/config":    settings.PutConfig,
		"POST " + vm + "/config":   settings.PostConfig,
		"GET " + vm + "/pending":   settings.GetPending,
		"PUT " + vm + "/unlink":    settings.PutUnlink,
		"PUT " + vm + "/resize":    settings.PutResize,
		"POST " + vm + "/clone":    lifecycle.PostClone,
		"POST " + vm + "/template": lifecycle.PostTemplate,
		"GET " + vm + "/migrate":   lifecycle.GetMigrate,
		"POST " + vm + "/migrate":  lifecycle.PostMigrate,

		"POST " + vm + "/move_disk":     settings.PostMoveDisk,
		"GET " + vm + "/feature":        settings.GetFeature,
		"GET " + vm + "/cloudinit":      settings.GetCloudInit,
		"PUT " + vm + "/cloudinit":      settings.PutCloudInit,
		"GET " + vm + "/cloudinit/dump": settings.GetCloudInitDump,
		"GET " + vm + "/rrddata":        inventory.GetGuestRRD,
		"GET /nodes/{node}/rrddata":     inventory.GetNodeRRD,
		"POST " + vm + "/vncproxy":      inventory.PostVNCProxy,
		"GET " + vm + "/vncwebsocket":   inventory.GetVNCWebSocket,

		"GET " + vm + "/snapshot":                      lifecycle.GetSnapshots,
		"POST " + vm + "/snapshot":                     lifecycle.PostSnapshot,
		"GET " + vm + "/snapshot/{snapname}":           lifecycle.GetSnapshot,
		"DELETE " + vm + "/snapshot/{snapname}":        lifecycle.DeleteSnapshot,
		"GET " + vm + "/snapshot/{snapname}/config":    lifecycle.GetSnapshotConfig,
		"PUT " + vm + "/snapshot/{snapname}/config":    lifecycle.PutSnapshotConfig,
		"POST " + vm + "/snapshot/{snapname}/rollback": lifecycle.PostRollback,
		"POST /nodes/{node}/vzdump":                    lifecycle.PostVzdump,
		"GET /nodes/{node}/vzdump/extractconfig":       lifecycle.GetExtractConfig,

		"GET " + vm + "/status/current":   inventory.GetCurrent,
		"POST " + vm + "/status/start":    lifecycle.PostStart,
		"POST " + vm + "/status/stop":     lifecycle.PostStop,
		"POST " + vm + "/status/shutdown": lifecycle.PostShutdown,
		"POST " + vm + "/status/reboot":   lifecycle.PostReboot,
		"POST " + vm + "/status/reset":    lifecycle.PostReset,
		"POST " + vm + "/status/suspend":  lifecycle.PostSuspend,
		"POST " + vm + "/status/resume":   lifecycle.PostResume,

		"GET " + storage:                                    inventory.GetStorages,
		"GET " + storage + "/{storage}/status":              inventory.GetStorageStatus,
		"GET " + storage + "/{storage}/content":             inventory.GetContent,
		"POST " + storage + "/{storage}/content":            inventory.PostContent,
		"GET " + storage + "/{storage}/content/{volume}":    inventory.GetVolume,
		"PUT " + storage + "/{storage}/content/{volume}":    inventory.PutVolume,
		"DELETE " + storage + "/{storage}/content/{volume}": inventory.DeleteVolume,
		"GET /storage":           inventory.GetStorageConfigs,
		"GET /storage/{storage}": inventory.GetStorageConfig,

		"GET /pools":             inventory.GetPools,
		"POST /pools":            inventory.PostPool,
		"PUT /pools":             inventory.PutPool,
		"DELETE /pools":          inventory.DeletePool,
		"GET /pools/{poolid}":    inventory.GetPool,
		"PUT /pools/{poolid}":    inventory.PutPool,
		"DELETE /pools/{poolid}": inventory.DeletePool,
	}
	maps.Copy(all, inventory.AgentRoutes(vm+"/agent"))
	maps.Copy(all, inventory.FirewallRoutes(vm+"/firewall"))
	maps.Copy(all, inventory.FirewallRoutes("/cluster/firewall"))
	return all
}
