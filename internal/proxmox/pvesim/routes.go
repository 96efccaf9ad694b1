package pvesim

import (
	"maps"
	"sync"
)

const (
	vm      = "/nodes/{node}/qemu/{vmid}"
	tasks   = "/nodes/{node}/tasks"
	storage = "/nodes/{node}/storage"
)

// routes is the whole surface of the simulator: endpoint template to handler. What the contract knows and
// this table does not is answered with 501.
var routes = sync.OnceValue(buildRoutes) //nolint:gochecknoglobals // immutable table, made once

func buildRoutes() map[string]handler {
	all := map[string]handler{
		"GET /version":            getVersion,
		"POST /access/ticket":     postTicket,
		"GET /access/permissions": getPermissions,

		"GET /cluster/nextid":    getNextID,
		"GET /cluster/resources": getResources,
		"GET /cluster/status":    getClusterStatus,
		"GET /cluster/tasks":     getClusterTasks,

		"GET /nodes":                getNodes,
		"GET /nodes/{node}/status":  getNodeStatus,
		"GET /nodes/{node}/network": getNetwork,

		"GET " + tasks:                    getTasks,
		"GET " + tasks + "/{upid}/status": getTaskStatus,
		"GET " + tasks + "/{upid}/log":    getTaskLog,
		"DELETE " + tasks + "/{upid}":     deleteTask,

		"GET /nodes/{node}/qemu":   listGuests,
		"POST /nodes/{node}/qemu":  postCreate,
		"DELETE " + vm:             deleteGuest,
		"GET " + vm + "/config":    getConfig,
		"PUT " + vm + "/config":    putConfig,
		"POST " + vm + "/config":   postConfig,
		"GET " + vm + "/pending":   getPending,
		"PUT " + vm + "/unlink":    putUnlink,
		"PUT " + vm + "/resize":    putResize,
		"POST " + vm + "/clone":    postClone,
		"POST " + vm + "/template": postTemplate,
		"GET " + vm + "/migrate":   getMigrate,
		"POST " + vm + "/migrate":  postMigrate,

		"GET " + vm + "/status/current":   getCurrent,
		"POST " + vm + "/status/start":    postStart,
		"POST " + vm + "/status/stop":     postStop,
		"POST " + vm + "/status/shutdown": postShutdown,
		"POST " + vm + "/status/reboot":   postReboot,
		"POST " + vm + "/status/reset":    postReset,
		"POST " + vm + "/status/suspend":  postSuspend,
		"POST " + vm + "/status/resume":   postResume,

		"GET " + storage:                                    getStorages,
		"GET " + storage + "/{storage}/status":              getStorageStatus,
		"GET " + storage + "/{storage}/content":             getContent,
		"POST " + storage + "/{storage}/content":            postContent,
		"GET " + storage + "/{storage}/content/{volume}":    getVolume,
		"PUT " + storage + "/{storage}/content/{volume}":    putVolume,
		"DELETE " + storage + "/{storage}/content/{volume}": deleteVolume,
		"GET /storage":           getStorageConfigs,
		"GET /storage/{storage}": getStorageConfig,

		"GET /pools":             getPools,
		"POST /pools":            postPool,
		"PUT /pools":             putPool,
		"DELETE /pools":          deletePool,
		"GET /pools/{poolid}":    getPool,
		"PUT /pools/{poolid}":    putPool,
		"DELETE /pools/{poolid}": deletePool,
	}
	maps.Copy(all, firewallRoutes(vm+"/firewall"))
	maps.Copy(all, firewallRoutes("/cluster/firewall"))
	return all
}
