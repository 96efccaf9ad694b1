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
// settings in WHMCS. A new secret counts with the next request, in both directions; one that was taken back is accepted for
// another second.
type keyring struct {
	cfg   config.Config
	whmcs *whmcs.DB

	mu      sync.Mutex
	last    map[string]string // settings as they were read last
	known   map[string]bridge.Secret
	knownAt time.Time
}

const callbackPath = "modules/addons/puq_proxmox_kvm/callback.php"

// Known are the secrets as they were read a moment ago, for requests that they fit; see Keys.
func (k *keyring) Known() map[string]bridge.Secret {
	k.mu.Lock()
	known, at := k.known, k.knownAt
	k.mu.Unlock()
	if now := (clock.System{}).Now(); known != nil && now.Sub(at) < keysAge {
		return known
	}
	return k.Keys()
}

// keysAge is how long a secret that was taken back is still accepted.
const keysAge = time.Second

// activated tells whether the addon is active in WHMCS: its activation writes a secret, which WHMCS forgets with the
// deactivation. A secret of the configuration says nothing about it.
func (k *keyring) activated(ctx context.Context) (bool, error) {
	settings, err := k.whmcs.AddonSettings(ctx)
	return settings["secret"] != "", err
}

// Keys are the secrets by key id, read now; before the addon is activated only those of the configuration.
func (k *keyring) Keys() map[string]bridge.Secret {
	keys := k.read()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known, k.knownAt = keys, clock.System{}.Now()
	return keys
}

func (k *keyring) read() map[string]bridge.Secret {
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

// addon are the addon's settings. A database that is away for a moment must not lock WHMCS out: then the last ones count.
func (k *keyring) addon(ctx context.Context) map[string]string {
	settings, err := k.whmcs.AddonSettings(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.last = settings
	}
	return k.last
}

// target is where callback.php is and what its requests are signed with.
func (k *keyring) target(ctx context.Context) (callback.Target, error) {
	secret := k.Keys()["k1"] //nolint:contextcheck // the bridge asks for keys without one
	if secret == "" {
		return callback.Target{}, errors.New("there is no shared secret yet: activate the addon in WHMCS (Setup > Addon Modules)")
	}
	url, err := k.callbackURL(ctx)
	return callback.Target{URL: url, Host: k.cfg.Callback.HostHeader, Key: "k1", Secret: secret}, err
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
