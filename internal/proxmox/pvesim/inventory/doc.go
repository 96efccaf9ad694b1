// Package inventory answers what there is: cluster, nodes, storages and their content, pools, tasks, guests'
// states, firewalls, the guest agent and consoles. It changes guests never, files and lists seldom.
package inventory
