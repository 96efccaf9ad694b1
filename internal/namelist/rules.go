package namelist

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"strings"
)

// Settings of the addon that say who may read the list.
const (
	settingAddresses = "dns_addresses"
	settingToken     = "dns_token"
)

// rules are these settings, read.
type rules struct {
	networks  []netip.Prefix
	anywhere  bool // no addresses were entered
	token     string
	misspelt  []string
	untouched bool // neither was entered: nobody may read
}

func rulesOf(settings map[string]string) rules {
	words := strings.FieldsFunc(settings[settingAddresses], func(r rune) bool { return r == ',' || r == ';' || r <= ' ' })
	r := rules{anywhere: len(words) == 0, token: settings[settingToken]}
	r.untouched = r.anywhere && r.token == ""
	for _, w := range words {
		network, err := networkOf(w)
		if err != nil {
			r.misspelt = append(r.misspelt, w)
			continue
		}
		r.networks = append(r.networks, network)
	}
	return r
}

func networkOf(word string) (netip.Prefix, error) {
	if strings.Contains(word, "/") {
		network, err := netip.ParsePrefix(word)
		if err == nil && network.Addr().Is4In6() && network.Bits() >= 96 {
			return netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96), nil
		}
		return network, err
	}
	a, err := netip.ParseAddr(word)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// admits tells whether the list may go to this address; the zero address is that of somebody unknown.
func (r rules) admits(a netip.Addr) bool {
	if r.anywhere {
		return true
	}
	for _, network := range r.networks {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// knows compares in a time that tells nothing of the token.
func (r rules) knows(token string) bool {
	want, got := sha256.Sum256([]byte(r.token)), sha256.Sum256([]byte(token))
	return r.token == "" || subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
