package firewall

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// ListSets answers the sets by name.
func (c *Config) ListSets() []map[string]any {
	out := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(c.Sets)) {
		row := map[string]any{"name": name, "digest": c.setsDigest()}
		if c.Sets[name].Comment != "" {
			row["comment"] = c.Sets[name].Comment
		}
		out = append(out, row)
	}
	return out
}

// CreateSet makes an empty set, or renames one. Names are folded to lower case when the file is read
// back, and looked up as given: a name with capitals can be created but not found again.
func (c *Config) CreateSet(name, comment, rename, given string) error {
	if err := fresh(given, c.setsDigest()); err != nil {
		return err
	}
	if rename != "" {
		return c.renameSet(rename, name, comment)
	}
	if c.Sets[name] != nil {
		return refusal.Param("name", "IPSet '%s' already exists", name)
	}
	if low := strings.ToLower(name); c.Sets[low] == nil {
		c.Sets[low] = &Set{Comment: comment, Members: map[string]Fields{}}
	}
	return nil
}

func (c *Config) renameSet(from, to, comment string) error {
	set, err := c.set(from)
	if err != nil {
		return err
	}
	if from != to && c.Sets[to] != nil {
		return refusal.Param("name", "IPSet '%s' does already exists", to)
	}
	delete(c.Sets, from)
	set.Comment = comment
	c.Sets[strings.ToLower(to)] = set
	return nil
}

func (c *Config) set(name string) (*Set, error) {
	if s := c.Sets[name]; s != nil {
		return s, nil
	}
	return nil, refusal.Fault("no such IPSet '%s'", name)
}

// DeleteSet removes a set; a filled one only by force.
func (c *Config) DeleteSet(name string, force bool, given string) error {
	set, err := c.set(name)
	if err != nil {
		return err
	}
	if err := fresh(given, c.setsDigest()); err != nil {
		return err
	}
	if len(set.Members) > 0 && !force {
		return refusal.Fault("IPSet '%s' is not empty", name)
	}
	delete(c.Sets, name)
	return nil
}

// ListMembers answers the members of a set by address.
func (c *Config) ListMembers(name string) ([]map[string]any, error) {
	set, err := c.set(name)
	if err != nil {
		return nil, err
	}
	out := []map[string]any{}
	for _, cidr := range slices.Sorted(maps.Keys(set.Members)) {
		out = append(out, c.member(set, cidr))
	}
	return out, nil
}

func (c *Config) member(set *Set, cidr string) map[string]any {
	row := render(set.Members[cidr])
	row["cidr"] = cidr
	row["digest"] = digest(set.Members)
	return row
}

// AddMember adds an address, a network or an alias to a set.
func (c *Config) AddMember(name, cidr string, f Fields) error {
	set, err := c.set(name)
	if err != nil {
		return err
	}
	cidr, err = c.normal(cidr)
	if err != nil {
		return err
	}
	for have := range set.Members {
		if sameNet(have, cidr) {
			return refusal.Param("cidr", "address '%s' already exists", cidr)
		}
	}
	set.Members[cidr] = f
	return nil
}

// normal drops a host prefix and clears the host bits of IPv4 networks; IPv6 keeps its spelling.
func (c *Config) normal(cidr string) (string, error) {
	addr, bits, hasBits := strings.Cut(cidr, "/")
	if _, err := netip.ParseAddr(addr); err != nil {
		if c.Aliases[strings.ToLower(cidr)] == nil {
			return "", refusal.Fault("no such alias '%s'", cidr)
		}
		return strings.ToLower(cidr), nil
	}
	if !hasBits {
		return cidr, nil
	}
	p, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		return "", refusal.Fault("no such alias '%s'", cidr)
	case bits == "0":
		return "", refusal.Param("cidr", "a zero prefix is not allowed in ipset entries")
	case p.IsSingleIP():
		return addr, nil
	case p.Addr().Is4():
		return p.Masked().String(), nil
	}
	return cidr, nil
}

func sameNet(a, b string) bool {
	return a == b || (prefix(a).IsValid() && prefix(a) == prefix(b))
}

func prefix(text string) netip.Prefix {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return p.Masked()
}

// GetMember reads one member.
func (c *Config) GetMember(name, cidr string) (map[string]any, error) {
	set, err := c.set(name)
	if err != nil {
		return nil, err
	}
	if set.Members[cidr] == nil {
		return nil, refusal.Param("cidr", "no such IP/Network")
	}
	return c.member(set, cidr), nil
}

// SetMember changes comment and nomatch of a member.
func (c *Config) SetMember(name, cidr string, f Fields, given string) error {
	set, err := c.set(name)
	if err != nil {
		return err
	}
	if err := fresh(given, digest(set.Members)); err != nil {
		return err
	}
	if set.Members[cidr] == nil {
		return refusal.Param("cidr", "no such IP/Network")
	}
	set.Members[cidr] = f
	return nil
}

// DeleteMember removes a member; one that is not there is no error.
func (c *Config) DeleteMember(name, cidr, given string) error {
	set, err := c.set(name)
	if err != nil {
		return err
	}
	if err := fresh(given, digest(set.Members)); err != nil {
		return err
	}
	delete(set.Members, cidr)
	return nil
}
