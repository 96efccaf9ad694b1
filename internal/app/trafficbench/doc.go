// Package trafficbench measures what collecting the traffic of 10,000 machines costs, in calls to Proxmox and beside one
// INSERT of as many rows, for make bench. It brings a simulated cluster; the database is its caller's.
package trafficbench
