// Package schema is the validator of Proxmox VE: types, named formats, property
// strings, and the exact words of every complaint, per release.
//
// It owns the rules for single values and for sets of keys; which call takes
// which keys is the business of its parent, package contract, the only caller
// besides the readers of property strings in the simulator. It refuses to look
// anything up: a well-formed storage id passes whether or not there is such a
// storage.
package schema
