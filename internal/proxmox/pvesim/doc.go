// Package pvesim is a Proxmox VE cluster that fits in a test: one http.Handler with nodes, storages,
// templates, guests, tasks that take time, locks, permissions and the real texts of releases 7.4, 8.4
// and 9.2. It is strict: what the original refuses is refused here, in the same words and with the same
// status line. Parameters and permissions come from package contract; the arithmetic of guests, volumes
// and firewalls from machine, volume and firewall; time and waiting from timeline.
//
// There is one mutex and no goroutine per task: whoever sends a request first carries out everything
// that fell due before it, each thing at exactly its own moment. A scaled or stepped clock therefore
// tells the same story as the machine's.
//
// It refuses to be more than a test tool: no packet is filtered, no disk has content. Tests of the
// adapter, of the steps and of the whole product use it, and `kvmbridge pvesim` and the demo run it.
package pvesim
