// Package retention says when a machine's copies are due and which of them have to go. It owns weekly plans, quotas, rotation
// and lifetimes as pure arithmetic; it takes no copy and removes none, knows no Proxmox, no database and no clock of its own.
// internal/keeping carries out what it says.
//
// # Plans
//
// A plan has at most one time per weekday, in the time zone of WHMCS; with a date it is a slot, and the date alone is the
// slot's name. A slot is served once: late, when nobody was there at its time, but of several that were missed only the
// latest. A time that the clocks jump over counts from the jump on, a time that they show twice counts the first time. When
// the zone of WHMCS changes, a date that was served stays served.
//
// # Backups
//
// A backup is good once it was verified. A good one is removed only for a newer good one that stays, so while a new one is
// made and verified there is one more than the quota allows, and with a quota of one there are two. When the storage has no
// room for that one more, nothing is removed to make room: the new backup fails, the old ones stay, and the text says what
// to do. Protected copies count, and are never removed: when they are all that the quota allows, a scheduled backup is
// refused. A quota of 0 removes nothing.
//
// # Snapshots
//
// They live on the disk that they belong to and cost its space and speed, so that the oldest goes before the new one is
// taken. In lifetime mode they go by age instead.
package retention
