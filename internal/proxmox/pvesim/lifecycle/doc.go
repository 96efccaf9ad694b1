// Package lifecycle is what happens to a guest as a whole: it is created, cloned, started, stopped, moved,
// snapshotted, backed up, restored and destroyed (pve-behaviour §6, §10 to §15). Nearly all of it happens in tasks.
package lifecycle
