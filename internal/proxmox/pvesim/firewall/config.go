package firewall

import (
	"crypto/sha1" //nolint:gosec // the digest of a firewall file is a SHA-1 by definition
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// Fields are the keys of an option list, a rule, a set member: name to text.
type Fields map[string]string

// Config is one firewall file.
type Config struct {
	Options Fields
	Sets    map[string]*Set
	Aliases map[string]Fields
	Rules   []Fields
}

// Set is a named list of addresses; members are keyed by the address as it is listed.
type Set struct {
	Comment string
	Members map[string]Fields
}

// New is an empty file.
func New() *Config {
	return &Config{Options: Fields{}, Sets: map[string]*Set{}, Aliases: map[string]Fields{}}
}

// Clone is a deep copy: what cloning a guest does with its firewall.
func (c *Config) Clone() *Config {
	out := New()
	maps.Copy(out.Options, c.Options)
	for name, set := range c.Sets {
		members := map[string]Fields{}
		for cidr, f := range set.Members {
			members[cidr] = maps.Clone(f)
		}
		out.Sets[name] = &Set{Comment: set.Comment, Members: members}
	}
	for name, f := range c.Aliases {
		out.Aliases[name] = maps.Clone(f)
	}
	for _, r := range c.Rules {
		out.Rules = append(out.Rules, maps.Clone(r))
	}
	return out
}

// digest of any part of the file; encoding/json sorts keys, so equal parts have equal digests.
func digest(part any) string {
	text, err := json.Marshal(part)
	if err != nil {
		return ""
	}
	sum := sha1.Sum(text) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func fresh(given, now string) error {
	if given != "" && given != now {
		return refusal.Fault("detected modified configuration - file changed by other user? Try again.")
	}
	return nil
}

// Digest of a part changes with each change of that part.
func (c *Config) optionsDigest() string { return digest(c.Options) }
func (c *Config) rulesDigest() string   { return digest(c.Rules) }
func (c *Config) setsDigest() string    { return digest(c.Sets) }

var numeric = strings.Fields("enable dhcp ndp radv macfilter ipfilter pos ipversion ebtables nomatch") //nolint:gochecknoglobals // immutable table

func render(f Fields) map[string]any {
	out := map[string]any{}
	for k, v := range f {
		out[k] = v
		if n, err := strconv.Atoi(v); err == nil && slices.Contains(numeric, k) {
			out[k] = n
		}
	}
	return out
}

//nolint:gochecknoglobals // immutable table
var optionNames = strings.Fields(`enable dhcp ndp radv macfilter ipfilter log_level_in log_level_out policy_in
	policy_out policy_forward ebtables log_ratelimit log_level_forward`)

// GetOptions answers what was set, and the digest.
func (c *Config) GetOptions() map[string]any {
	out := render(c.Options)
	out["digest"] = c.optionsDigest()
	return out
}

// SetOptions sets and deletes options.
func (c *Config) SetOptions(set Fields, del []string, given string) error {
	if err := fresh(given, c.optionsDigest()); err != nil {
		return err
	}
	for _, name := range del {
		if !slices.Contains(optionNames, name) {
			return refusal.Param("delete", "no such option '%s'", name)
		}
	}
	for _, name := range del {
		delete(c.Options, name)
	}
	maps.Copy(c.Options, set)
	return nil
}
