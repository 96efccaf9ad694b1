// Package alarm is the dead man's handle: it notices that periodic work has stopped, or that virtual machines wait and nobody
// works on any, and tells a person once. WHMCS's side of it, for a service that is dead itself, is the hook in the shim.
package alarm
