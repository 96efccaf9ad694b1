// Package wish works out what has to be written so that a guest's configuration is as its service, its addresses and its
// suspension want it. It is pure: configurations come and go as Proxmox's own keys and values, and nothing is written.
package wish
