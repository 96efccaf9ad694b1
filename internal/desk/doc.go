// Package desk takes what people and WHMCS ask of a machine: it checks, answers in sentences, writes the order down and wakes
// the engine. It asks Proxmox only what the answer depends on, within seconds: whether a guest exists, is free or is off.
// internal/vm carries the orders out; bridge and the command line call this package through internal/app.
package desk
