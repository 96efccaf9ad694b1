package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// maxRules bounds the removal of rules, so that two parties cannot keep it busy for ever.
const maxRules = 500

// FirewallOptions implements vm.Firewalls: only what was set, defaults are absent (pve-behaviour §19).
func (c *Cluster) FirewallOptions(ctx context.Context, node string, vmid int) (map[string]string, error) {
	var answer keyed
	if err := c.get(ctx, guest(node, vmid, "firewall", "options"), &answer); err != nil {
		return nil, fmt.Errorf("read firewall options of VM %d: %w", vmid, err)
	}
	delete(answer, "digest")
	return answer, nil
}

// SetFirewallOptions implements vm.Firewalls; switches are "1" and "0".
func (c *Cluster) SetFirewallOptions(ctx context.Context, node string, vmid int, options map[string]string) error {
	if len(options) == 0 {
		return nil
	}
	body := params{}
	for key, value := range options {
		body[key] = value
	}
	if err := c.put(ctx, guest(node, vmid, "firewall", "options"), body, nil); err != nil {
		return fmt.Errorf("set firewall options of VM %d: %w", vmid, err)
	}
	return nil
}

type firewallRule struct {
	Pos    number `json:"pos"`
	Digest string `json:"digest"`
}

func (c *Cluster) rules(ctx context.Context, node string, vmid int) ([]firewallRule, error) {
	var rules []firewallRule
	if err := c.get(ctx, guest(node, vmid, "firewall", "rules"), &rules); err != nil {
		return nil, fmt.Errorf("list firewall rules of VM %d: %w", vmid, err)
	}
	return rules, nil
}

// FirewallRules implements vm.Firewalls.
func (c *Cluster) FirewallRules(ctx context.Context, node string, vmid int) (int, error) {
	rules, err := c.rules(ctx, node, vmid)
	return len(rules), err
}

// DropFirewallRules implements vm.Firewalls. It takes the highest position each time, with the list's digest: positions
// shift, and the digest changes with every removal.
func (c *Cluster) DropFirewallRules(ctx context.Context, node string, vmid int) error {
	for range maxRules {
		rules, err := c.rules(ctx, node, vmid)
		if err != nil || len(rules) == 0 {
			return err
		}
		last := rules[0]
		for _, r := range rules {
			if r.Pos > last.Pos {
				last = r
			}
		}
		path := guest(node, vmid, "firewall", "rules", strconv.Itoa(int(last.Pos)))
		if last.Digest != "" {
			path += "?" + url.Values{"digest": {last.Digest}}.Encode()
		}
		if err := c.delete(ctx, path, nil); err != nil {
			return fmt.Errorf("remove firewall rule %d of VM %d: %w", int(last.Pos), vmid, err)
		}
	}
	return fmt.Errorf("remove firewall rules of VM %d: there are still some after %d removals", vmid, maxRules)
}

// IPSet implements vm.Firewalls. Members are spelled as stored; excluded ones (nomatch) are none.
func (c *Cluster) IPSet(ctx context.Context, node string, vmid int, name string) ([]string, error) {
	var answer []struct {
		CIDR    string `json:"cidr"`
		NoMatch flag   `json:"nomatch"`
	}
	if err := c.get(ctx, guest(node, vmid, "firewall", "ipset", name), &answer); err != nil {
		return nil, fmt.Errorf("list IP set %s of VM %d: %w", name, vmid, err)
	}
	members := make([]string, 0, len(answer))
	for _, a := range answer {
		if !a.NoMatch {
			members = append(members, host(a.CIDR))
		}
	}
	return members, nil
}

// host drops the prefix of a single address.
func host(cidr string) string {
	if p, err := netip.ParsePrefix(cidr); err == nil && p.IsSingleIP() {
		cidr, _, _ = strings.Cut(cidr, "/")
	}
	return cidr
}

// CreateIPSet implements vm.Firewalls; a set that is already there is fine.
func (c *Cluster) CreateIPSet(ctx context.Context, node string, vmid int, name string) error {
	err := c.post(ctx, guest(node, vmid, "firewall", "ipset"), params{"name": name}, nil)
	if err != nil && !existing(err) {
		return fmt.Errorf("create IP set %s of VM %d: %w", name, vmid, err)
	}
	return nil
}

// AddToIPSet implements vm.Firewalls; a member that is already there is fine, and one that is excluded becomes a member.
// IPv6 is stored as spelled, so it is written in its canonical form.
func (c *Cluster) AddToIPSet(ctx context.Context, node string, vmid int, name, address string) error {
	if a, err := netip.ParseAddr(address); err == nil {
		address = a.String()
	}
	err := c.post(ctx, guest(node, vmid, "firewall", "ipset", name), params{"cidr": address}, nil)
	if existing(err) {
		err = c.put(ctx, guest(node, vmid, "firewall", "ipset", name, address), params{"nomatch": 0}, nil)
	}
	if err != nil {
		return fmt.Errorf("add %s to IP set %s of VM %d: %w", address, name, vmid, err)
	}
	return nil
}

// DropIPSet implements vm.Firewalls.
func (c *Cluster) DropIPSet(ctx context.Context, node string, vmid int, name string) error {
	err := c.delete(ctx, guest(node, vmid, "firewall", "ipset", name)+"?force=1", nil)
	if err != nil && !errors.Is(err, hypervisor.ErrMissing) {
		return fmt.Errorf("drop IP set %s of VM %d: %w", name, vmid, err)
	}
	return nil
}

// RemoveFromIPSet implements vm.Firewalls; address is spelled as IPSet lists it. A missing member is fine.
func (c *Cluster) RemoveFromIPSet(ctx context.Context, node string, vmid int, name, address string) error {
	if err := c.delete(ctx, guest(node, vmid, "firewall", "ipset", name, address), nil); err != nil {
		return fmt.Errorf("remove %s from IP set %s of VM %d: %w", address, name, vmid, err)
	}
	return nil
}

// existing knows "IPSet 'x' already exists" and "address 'x' already exists".
func existing(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == http.StatusBadRequest && strings.Contains(e.text(), "already exists")
}
