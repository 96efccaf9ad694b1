// Package proxmox speaks with Proxmox VE clusters and is the only home of the driver go-proxmox.
//
// It owns the wire: authentication by API token or ticket, trust in certificates, the number of calls at once, which
// calls may be repeated (reads) and which never (writes), and what an answer means: every refusal becomes an *Error, every
// failed task a *TaskError, every missing answer a *NoAnswerError, and one table in errors.go gives each its fault and its
// vm sentinel. Of the driver it uses the request side only (NewClient, Get, Post, Put, Delete, EncodeSSHKeys): its typed
// layer takes 404, 502 and 595 for success, loses lock states and sends JSON booleans that 7.4 refuses.
//
// It refuses to decide: it never waits for a task, never repeats a write and keeps no state of guests. The steps of
// internal/vm use it through hypervisor.Cluster; internal/app builds one Cluster per server entry; doctor and TestConnection
// call Check.
package proxmox
