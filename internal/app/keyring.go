package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// keyring knows the shared secrets and WHMCS's callback: from the configuration where it says so, else from the addon's
// settings in WHMCS, read again every few seconds so that pairing and rotation need no restart.
type keyring struct {
	cfg   config.Config
	whmcs *whmcs.DB
	clock clock.Clock

	mu       sync.Mutex
	settings map[string]string
	read     time.Time
}

const (
	settingsAge  = 5 * time.Second
	callbackPath = "modules/addons/puq_proxmox_kvm/callback.php"
)

// Keys are the secrets by key id; none before the addon is activated.
func (k *keyring) Keys() map[string]bridge.Secret {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	keys := map[string]bridge.Secret{}
	secret, next := string(k.cfg.Bridge.Secret), string(k.cfg.Bridge.SecretNext)
	if secret == "" {
		settings := k.addon(ctx)
		secret, next = settings["secret"], firstOf(next, settings["secret_next"])
	}
	if secret != "" {
		keys["k1"] = bridge.Secret(secret)
	}
	if next != "" {
		keys["k2"] = bridge.Secret(next)
	}
	return keys
}

// addon are the addon's settings; an empty map while they cannot be read. A set without a secret is never kept: the addon may
// be activated at any moment.
func (k *keyring) addon(ctx context.Context) map[string]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if k.settings["secret"] != "" && now.Sub(k.read) < settingsAge {
		return k.settings
	}
	settings, err := k.whmcs.AddonSettings(ctx)
	if err != nil {
		return k.settings // a database that is away for a moment must not lock WHMCS out
	}
	k.settings, k.read = settings, now
	return settings
}

// target is where callback.php is and what its requests are signed with.
func (k *keyring) target(ctx context.Context) (callback.Target, error) {
	secret := k.Keys()["k1"] //nolint:contextcheck // the bridge asks for keys without one
	if secret == "" {
		return callback.Target{}, errors.New("there is no shared secret yet: activate the addon in WHMCS (Setup > Addon Modules)")
	}
	url, err := k.callbackURL(ctx)
	return callback.Target{URL: url, Key: "k1", Secret: secret}, err
}

func (k *keyring) callbackURL(ctx context.Context) (string, error) {
	if url := firstOf(k.cfg.Callback.URL, k.addon(ctx)["callback_url"]); url != "" {
		return url, nil
	}
	system, err := k.whmcs.SystemURL(ctx)
	if err != nil {
		return "", err
	}
	if system == "" {
		return "", errors.New("WHMCS has no System URL: set it under Setup > General Settings, or set callback.url in the configuration")
	}
	return strings.TrimRight(system, "/") + "/" + callbackPath, nil
}
