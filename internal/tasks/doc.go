// Package tasks knows the periodic work of an installation: which tasks there are, when each is due, and that each due run
// happens once, however many processes look. Whoever rings (the sidecar's schedule, WHMCS's cron, a command) calls a Runner,
// which claims the task's row, bounds the run by the lock timeout, and writes down how it went. It knows no SQL (Book) and
// not what the tasks do (Run); internal/app brings both.
package tasks
