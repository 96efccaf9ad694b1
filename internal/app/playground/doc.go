// Package playground is a whole installation on one machine for the demo, the end-to-end tests and the benchmarks: a private
// MariaDB, devhost with the real shim under a real PHP, a simulated Proxmox cluster. It starts what it needs in a folder of
// its own, on free ports, and leaves nothing behind. It does not start the sidecar: that is what it is for.
package playground
