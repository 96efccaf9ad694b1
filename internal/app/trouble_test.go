package app_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

const tokenUser = "kvmbridge@pve"

// What is wrong outside keeps a VM at its status, with the reason on its page in words; once the cause is gone it
// proceeds by itself.
func TestTrouble_isToldAndPassesByItself(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings string // instead of those of the product
		breaks   func(t *testing.T, w *world) (mend func())
		late     bool // breaks after the order
		says     []string
	}{
		"no pool for the bridge": {
			settings: strings.NewReplacer(`"vmbr0"`, `"vmbr1"`, `"auto":true`, `"auto":false`, `"ipv6":1`, `"ipv6":0`).Replace(sold),
			breaks: func(t *testing.T, w *world) func() {
				t.Helper()
				return func() {
					addr := netip.MustParseAddr
					_, err := w.sidecar.Store().AddPool(t.Context(), ippool.Pool{ServerID: 1, First: addr("198.51.100.2"), Last: addr("198.51.100.9"), Network: ippool.Network{Bridge: "vmbr1", Bits: 24, Gateway: addr("198.51.100.1")}})
					if err != nil {
						t.Error(err)
					}
				}
			},
			says: []string{"no free IPv4 address", "vmbr1", "add a pool"},
		},
		"template missing": {
			settings: strings.Replace(sold, "9000", "8999", 1),
			breaks: func(t *testing.T, w *world) func() {
				t.Helper()
				return func() { w.exec(t, "UPDATE tblproducts SET configoption1 = ?", sold) }
			},
			says: []string{"template", "8999"},
		},
		"server disabled": {
			breaks: func(t *testing.T, w *world) func() {
				t.Helper()
				w.exec(t, "UPDATE tblservers SET disabled = 1")
				return func() { w.exec(t, "UPDATE tblservers SET disabled = 0") }
			},
			late: true,
			says: []string{"is disabled in WHMCS", "enable it"},
		},
		"Proxmox away": {
			breaks: func(_ *testing.T, w *world) func() { return w.Sim.Fail(pvesim.Fault{Drop: pvesim.DropBefore}) },
			says:   []string{"failures in a row", "no usable answer from Proxmox"},
		},
		"right missing": {
			breaks: func(_ *testing.T, w *world) func() {
				all := pvesim.RolePrivs("9.2")
				w.Sim.Revoke(tokenUser, "/")
				w.Sim.Grant(tokenUser, "/", slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == "VM.Clone" })...)
				return func() { w.Sim.Grant(tokenUser, "/", all...) }
			},
			says: []string{"VM.Clone"},
		},
		"token withdrawn": {
			breaks: func(t *testing.T, w *world) func() {
				t.Helper()
				w.exec(t, "UPDATE tblservers SET username = 'kvmbridge@pve!gone'")
				return func() { w.exec(t, "UPDATE tblservers SET username = ?", pvesim.DemoTokenID) }
			},
			says: []string{"does not accept the API token"},
		},
		"certificate exchanged": {
			breaks: func(t *testing.T, w *world) func() {
				t.Helper()
				w.exec(t, "UPDATE tblservers SET accesshash = ?", strings.Repeat("AB", 32))
				return func() { w.exec(t, "UPDATE tblservers SET accesshash = ?", w.Cluster.Fingerprint()) }
			},
			says: []string{"fingerprint", "is not trusted"},
		},
		"clone fails": {
			breaks: func(_ *testing.T, w *world) func() {
				return w.Sim.Fail(pvesim.Fault{Method: "POST", Path: "/nodes/*/qemu/*/clone", TaskFails: "clone failed: unable to create image: not enough free space"})
			},
			says: []string{"not enough free space"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := sold
			if c.settings != "" {
				settings = c.settings
			}
			w := blankWorld(t, playground.Options{Settings: settings})
			w.cfg.Engine.RetryInterval = 10 * time.Second
			needed(t, w.pair(t.Context()))
			w.exec(t, "DELETE FROM tblproductconfiglinks") // the settings of the product alone count
			mend := func() {}
			if !c.late {
				mend = c.breaks(t, w)
			}
			release := func() {}
			if c.late { // the build must not be over before it is broken
				release = w.Sim.Fail(pvesim.Fault{Method: "POST", Path: "/nodes/*/qemu/*/clone", TaskFails: "held back"})
			}
			service := w.order(t)
			if c.late {
				mend = c.breaks(t, w)
			}
			await(t, "the flag", func() bool {
				m, err := w.sidecar.Store().Find(t.Context(), service)
				return err == nil && m.Attention != ""
			}, w.log.tail)
			_, page := w.admin(t).get(servicePage(service))
			reason := between(page, `<div class="kb-error">`, "</div>")
			contains(t, "the reason on the page", reason, c.says...)
			_, home := w.admin(t).get("admin/addonmodules.php?module=puq_proxmox_kvm")
			contains(t, "the addon's page", home, c.says...)
			_, mine := w.client(t).get("clientarea.php?action=productdetails&id=1")
			contains(t, "the client's page", mine, "being prepared")
			for _, part := range c.says {
				if strings.Contains(mine, part) {
					t.Errorf("the client reads about the inside: %q", part)
				}
			}
			w.delivered(t)
			entries := w.rows(t, "SELECT description FROM tblactivitylog WHERE description NOT LIKE 'Email Sent%' AND description NOT LIKE 'Module Create%'")
			if len(entries) != 1 || strings.Count(entries[0][0], c.says[len(c.says)-1]) != 1 {
				t.Errorf("activity log has %q, want one entry that gives the reason once", entries)
			}
			mend()
			release()
			w.ready(t, service)
			w.delivered(t)
			if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "1" {
				t.Errorf("%s mails say that it is ready", n)
			}
			if _, home := w.admin(t).get("admin/addonmodules.php?module=puq_proxmox_kvm"); !strings.Contains(home, "No VM needs attention.") {
				t.Errorf("the flag stays:\n%s", home)
			}
		})
	}
}
