package inventory

import (
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// PostTicket logs in with a password, or renews a ticket.
func PostTicket(w *world.Call) (any, error) {
	c := &call{w}
	user := c.Str("username")
	if realm := c.Str("realm"); realm != "" && !strings.Contains(user, "@") {
		user += "@" + realm
	}
	now := c.Line.Now()
	if !c.Auth.CheckPassword(user, c.Str("password"), now) {
		c.Sleep(c.Ctx, c.Cfg.Durations.FailedLogin)
		return nil, &refusal.Error{Status: http.StatusUnauthorized, Text: "authentication failure"}
	}
	return map[string]any{
		"username": user, "ticket": c.Auth.Ticket(user, now), "CSRFPreventionToken": c.Auth.CSRF(user, now),
		"clustername": c.ClusterName(), "cap": map[string]any{},
	}, nil
}

// GetPermissions lists the caller's privileges on the usual paths.
func GetPermissions(w *world.Call) (any, error) {
	c := &call{w}
	out := map[string]map[string]int{}
	paths := []string{"/", "/vms", "/storage", "/nodes", "/pool", "/access", "/sdn", "/sdn/zones/localnetwork"}
	if c.Has("path") {
		paths = []string{c.Str("path")}
	}
	for _, g := range c.SortedGuests() {
		paths = append(paths, world.VMPath(g.VMID))
	}
	for _, st := range c.Disks.Storages() {
		paths = append(paths, "/storage/"+st.ID)
	}
	for _, p := range paths {
		for _, priv := range append(world.RolePrivs(c.Cfg.Version), "Datastore.Allocate", "Sys.Modify", "VM.Monitor", "SDN.Use", "SDN.Audit") {
			if c.Auth.Has(c.ID, p, priv) {
				if out[p] == nil {
					out[p] = map[string]int{}
				}
				out[p][priv] = 1
			}
		}
	}
	return out, nil
}
