package pvesim

import (
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

func postTicket(c *call) (any, error) {
	user := c.str("username")
	if realm := c.str("realm"); realm != "" && !strings.Contains(user, "@") {
		user += "@" + realm
	}
	now := c.line.Now()
	if !c.auth.CheckPassword(user, c.str("password"), now) {
		c.sleep(c.ctx, c.cfg.Durations.FailedLogin)
		return nil, &refusal.Error{Status: http.StatusUnauthorized, Text: "authentication failure"}
	}
	return map[string]any{
		"username": user, "ticket": c.auth.Ticket(user, now), "CSRFPreventionToken": c.auth.CSRF(user, now),
		"clustername": c.clusterName(), "cap": map[string]any{},
	}, nil
}

func getPermissions(c *call) (any, error) {
	out := map[string]map[string]int{}
	paths := []string{"/", "/vms", "/storage", "/nodes", "/pool", "/access", "/sdn", "/sdn/zones/localnetwork"}
	if c.has("path") {
		paths = []string{c.str("path")}
	}
	for _, g := range c.sortedGuests() {
		paths = append(paths, vmPath(g.vmid))
	}
	for _, st := range c.disks.Storages() {
		paths = append(paths, "/storage/"+st.ID)
	}
	for _, p := range paths {
		for _, priv := range append(RolePrivs(c.cfg.Version), "Datastore.Allocate", "Sys.Modify", "VM.Monitor", "SDN.Use", "SDN.Audit") {
			if c.auth.Has(c.id, p, priv) {
				if out[p] == nil {
					out[p] = map[string]int{}
				}
				out[p][priv] = 1
			}
		}
	}
	return out, nil
}
