// Package wire is the HTTP skin of the simulator: how parameters arrive and how answers leave, with
// every oddity of Proxmox VE's own server (pve-behaviour §1): forms split on "&" and ";", bodies refused
// on GET and DELETE, the message on the status line, empty bodies, connections closed after errors. It
// knows no endpoint.
package wire
