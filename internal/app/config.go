package app

import "github.com/kvmbridge/kvmbridge/internal/app/config"

// Config and Fault are spelt often enough here to have short names; see package config.
type (
	Config = config.Config
	Fault  = config.Fault
)
