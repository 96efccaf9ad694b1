package app

import (
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/seal"
)

// sealBox seals with seal_key, else with a key derived from WHMCS's own cc_encryption_hash: all replicas share it and it
// never changes. It is used for nothing but our own secrets.
func sealBox(cfg config.Config) (*seal.Box, error) {
	material := firstOf(string(cfg.SealKey), string(cfg.WHMCS.HashKey))
	if material == "" {
		return nil, errors.New("there is no key to seal passwords with: start with --whmcs DIR, or set seal_key")
	}
	return seal.New([]byte(material))
}
