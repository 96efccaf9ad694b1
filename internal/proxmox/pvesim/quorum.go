package pvesim

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// checkQuorum refuses writes while half of the nodes or more are cut off. The text depends on who stumbles
// over the read-only cluster file system; powering off and everything inside a guest still work
// (pve-behaviour §24.6).
func checkQuorum(c *world.Call) error {
	online := 0
	for _, n := range c.Nodes {
		online += world.Bit(!n.Down)
	}
	if 2*online > len(c.Nodes) || len(c.Nodes) == 1 {
		return nil
	}
	path := c.EP.Path
	migrating := strings.HasSuffix(path, "/migrate")
	switch {
	case c.EP.Method == http.MethodGet && !migrating, works(path):
		return nil
	case strings.HasSuffix(path, "/config"):
		return refusal.Fault("unable to open file '/etc/pve/%s.tmp.%d' - Permission denied", world.ConfFile(c.Node, c.VMID), c.PID)
	case strings.Contains(path, "/firewall/"):
		name := "firewall-cluster"
		if c.VMID != 0 {
			name = fmt.Sprintf("firewall-vm-%d", c.VMID)
		}
		return refusal.Fault("cfs-lock '%s' error: no quorum!", name)
	}
	return refusal.Fault("cluster not ready - no quorum?")
}

// works tells which writes touch nothing that the cluster shares.
func works(path string) bool {
	for _, end := range []string{"/status/stop", "/status/shutdown", "/status/reset", "/access/ticket", "/vncproxy", "/tasks/{upid}"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return strings.Contains(path, "/agent/")
}
