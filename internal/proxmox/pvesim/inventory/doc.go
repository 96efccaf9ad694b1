// Package inventory answers what there is: cluster, nodes, storages and their content, pools, tasks, the state of
// guests, firewalls, the guest agent and consoles. What it writes are lists beside the guests (pools, firewalls,
// volumes); a guest itself it never changes.
package inventory
