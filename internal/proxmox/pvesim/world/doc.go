// Package world is the state of the simulated cluster: nodes, guests, storages, pools, firewalls, tasks and
// their locks, and the call that a handler works on. It checks no parameter and answers no request; the
// packages settings, lifecycle and inventory do the endpoints' work on it, and package pvesim holds the door.
package world
