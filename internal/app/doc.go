// Package app assembles kvmbridge and is its map. Nobody imports it but cmd; it decides nothing about machines.
//
// # The way of an order
//
//	WHMCS calls puqProxmoxKVM_CreateAccount                   whmcs-php-shim/modules/servers/puqProxmoxKVM
//	the shim signs a POST /v1/module/CreateAccount            whmcs-php-shim/…/lib, bridge/routes.go
//	the desk checks and writes the order down, due at once    internal/desk/desk.go, internal/store/registry.go
//	the engine claims the row and runs the table of steps     internal/pipeline/engine.go, internal/vm/deploy.go
//	each step looks at the guest, acts, and settles           internal/vm, internal/proxmox, internal/store/settle.go
//	ready settles with its mail in the outbox                 internal/store/outbox/outbox.go
//	the courier hands the mail to callback.php, exactly once  internal/courier, internal/callback
//
// # Where things are
//
//	what is built from what          sidecar.go
//	how Proxmox is reached           fleet.go (entries, passwords, trust), internal/proxmox (the API)
//	all statuses and steps           internal/vm/deploy.go, change.go, terminate.go, renew.go, or "kvmbridge states"
//	what the module's buttons do     buttons.go, internal/vm/jobs.go; when they may is internal/desk
//	who may ask for what             bridge/button.go for staff, commands.go for a service's owner
//	when copies are made and go      internal/retention decides, internal/keeping carries out; pages/copies shows and orders
//	what happens when it fails       internal/pipeline/doc.go, internal/proxmox/errors.go
//	who gets which address           internal/store/addresses; the arithmetic is internal/ippool
//	what a product's settings mean   internal/spec/keys.go
//	which names a machine gets       internal/dns plans, internal/dns/keeper carries out; "kvmbridge dns" is records/
//	what dns.php gives to scripts    internal/namelist
//	what a page of the addon does    pages/ (router, one package per page), front.go (the list); internal/web renders it
//	what a client sees and orders    pages/client, behind the owner check; backups and snapshots: pages/copies/client.go
//	what the service page shows      views/ reads it, internal/web renders it
//	what may be set while it runs    settings.go, internal/settings; the page is pages/settings
//	periodic tasks, and who rings    tasks.go, schedule.go, internal/tasks; who looks on: console.go, internal/tasks/console
//	what nobody may overlook         internal/tasks/alarm; the courier carries it
//	how traffic is counted           internal/traffic reckons, internal/traffic/collect reads; copies.go wires it
//	which VM is on which page        internal/roster, an index in memory; pages/machines is the page
//	the record changed by hand       internal/store/rowedit, pages/vmrecord; the log of a VM is pages/vmlog
//	what older modules left          internal/store/legacy takes it over: activation, "kvmbridge import"
//	configuration and sub-commands   config/, cli/; vm and audit: machines/, internal/audit
//	a whole installation to try      showroom/demo.go, playground/; figures: showroom/bench.go
//	a Proxmox that fits in a test    internal/proxmox/pvesim
//
// # Decisions beside the architecture page
//
// Leases are renewed for a whole process with one statement; a process that cannot renew stops its own work before the
// leases run out. Lanes are per process: several replicas multiply them, and Proxmox's own lock timeouts count as "look
// again". A step enters its lane before it looks, and holds it while it waits for its task. A clone is settled when it has
// ended, so that its failure is on the log of the step that made it. Tasks are looked at when they should be done, by what
// earlier ones took. Secrets are sealed with a key derived from WHMCS's cc_encryption_hash unless one is configured.
//
// Module commands and suspensions are jobs: one-step tables with a pseudo-status, run while no pipeline has the machine, so
// that vm_status keeps the product's words. A termination is taken up at once, whatever was being done; it asks the guest to
// stop from the engine and not inside WHMCS's request. Backups are removed only where the product keeps them and only if
// they are younger than the order: VM ids are used again. A server's Access Hash field may hold the fingerprint or the CA of its certificate.
package app
