package lifecycle

import "github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"

func (c *call) restore() (any, error) { return nil, refusal.Fault("restore is not simulated yet") }
