package lifecycle

import "github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"

// call lets this package hang its own steps on a call.
type call struct{ *world.Call }
