// Package machines answers "kvmbridge vm", "kvmbridge audit" and "kvmbridge states": it gathers what the database and the
// clusters say about machines and puts it into words or JSON.
//
// It refuses to decide anything: orders go through internal/desk, differences are found by internal/audit. internal/app
// calls it with an open database.
package machines
