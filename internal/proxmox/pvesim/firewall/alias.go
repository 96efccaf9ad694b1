package firewall

import (
	"maps"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// ListAliases answers the aliases by name, as they were written.
func (c *Config) ListAliases() []map[string]any {
	out := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(c.Aliases)) {
		out = append(out, c.alias(key))
	}
	return out
}

func (c *Config) alias(key string) map[string]any {
	row := render(c.Aliases[key])
	row["digest"] = digest(c.Aliases)
	row["ipversion"] = 6
	if prefix(c.Aliases[key]["cidr"]).Addr().Is4() {
		row["ipversion"] = 4
	}
	return row
}

// AddAlias names an address; names are compared without case.
func (c *Config) AddAlias(name, cidr, comment string) error {
	key := strings.ToLower(name)
	if c.Aliases[key] != nil {
		return refusal.Param("name", "alias '%s' already exists", name)
	}
	c.Aliases[key] = aliasFields(name, cidr, comment)
	return nil
}

func aliasFields(name, cidr, comment string) Fields {
	f := Fields{"name": name, "cidr": cidr}
	if comment != "" {
		f["comment"] = comment
	}
	return f
}

// GetAlias reads one alias.
func (c *Config) GetAlias(name string) (map[string]any, error) {
	key := strings.ToLower(name)
	if c.Aliases[key] == nil {
		return nil, refusal.Param("name", "no such alias")
	}
	return c.alias(key), nil
}

// SetAlias changes an alias, and its name when rename is given.
func (c *Config) SetAlias(name, cidr, comment, rename, given string) error {
	if err := fresh(given, digest(c.Aliases)); err != nil {
		return err
	}
	key := strings.ToLower(name)
	if c.Aliases[key] == nil {
		return refusal.Param("name", "no such alias")
	}
	if rename == "" {
		rename = name
	}
	delete(c.Aliases, key)
	c.Aliases[strings.ToLower(rename)] = aliasFields(rename, cidr, comment)
	return nil
}

// DeleteAlias removes an alias; a missing one is no error.
func (c *Config) DeleteAlias(name, given string) error {
	if err := fresh(given, digest(c.Aliases)); err != nil {
		return err
	}
	delete(c.Aliases, strings.ToLower(name))
	return nil
}

// Refs lists what rules may name: sets and aliases.
func (c *Config) Refs(kind string) []map[string]any {
	out := []map[string]any{}
	if kind == "" || kind == "ipset" {
		for _, name := range slices.Sorted(maps.Keys(c.Sets)) {
			out = append(out, map[string]any{"type": "ipset", "name": name, "ref": "+" + name, "scope": "guest"})
		}
	}
	if kind == "" || kind == "alias" {
		for _, name := range slices.Sorted(maps.Keys(c.Aliases)) {
			out = append(out, map[string]any{"type": "alias", "name": name, "ref": name, "scope": "guest"})
		}
	}
	return out
}
