package inventory

import (
	"net/http"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

const madeUpCert = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

// PostVNCProxy opens a console door; its task gives up after 10 s because nobody can come through here.
func PostVNCProxy(w *world.Call) (any, error) {
	c := &call{w}
	if _, err := c.Guest(); err != nil {
		return nil, err
	}
	ticket := c.Auth.VNCTicket(c.ID, world.VMPath(c.VMID), c.Line.Now())
	out := map[string]any{"user": c.ID.String(), "port": "5900", "cert": madeUpCert}
	if c.Cfg.Version == contract.V92 {
		password := strings.ReplaceAll(c.UUID(), "-", "")[:8]
		out["password"] = password
		ticket = password + ":" + ticket
	} else if c.Flag("generate-password") {
		out["password"] = c.UUID()[:8]
	}
	out["ticket"] = ticket
	out["upid"] = c.TaskOn(c.Local(), "vncproxy", world.Itoa(c.VMID), func(t *world.Task) {
		t.After(10*time.Second, func() { t.Fail("connection timed out") })
	})
	return out, nil
}

// GetVNCWebSocket checks the ticket as the original does; the tunnel itself is not simulated.
func GetVNCWebSocket(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.Auth.CheckVNC(c.Str("vncticket"), c.ID, world.VMPath(c.VMID), c.Line.Now()); err != nil {
		return nil, &refusal.Error{Status: http.StatusUnauthorized, Text: err.Error()}
	}
	return map[string]any{"port": c.Str("port")}, nil
}
