// Package desk takes what people and WHMCS ask of a machine: it checks, answers in sentences, writes the order down and wakes
// the engine. It never waits for Proxmox, but for the look at an existing guest that is to be attached. internal/vm carries
// the orders out; bridge and the command line call this package through internal/app.
package desk
