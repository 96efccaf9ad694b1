package cloudflare

import (
	"net/netip"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// cname stands in the way of our types.
const cname dns.Type = "CNAME"

// record as Cloudflare shows it.
type record struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Type    dns.Type `json:"type"`
	Content string   `json:"content"`
	TTL     int      `json:"ttl"`
	Proxied bool     `json:"proxied"`
	Comment string   `json:"comment"` // null reads as ""
}

// value is the record's content in the spelling of dns.Change.
func (r record) value() string { return plain(r.Type, r.Content) }

// plain is the one spelling of a value: Cloudflare's filters do not normalise, so values are compared here.
func plain(t dns.Type, content string) string {
	if t == dns.PTR || t == cname {
		return strings.ToLower(strings.TrimSuffix(content, "."))
	}
	if a, err := netip.ParseAddr(content); err == nil {
		return a.String()
	}
	return content
}

// direct tells whether the record is served as it stands and with this TTL.
func (r record) direct(ttl int) bool { return !r.Proxied && r.TTL == ttl }

// sameHouse tells whether a comment is of the installation that owner names with its first word.
func sameHouse(comment, owner string) bool {
	house, _, _ := strings.Cut(owner, " ")
	first, _, _ := strings.Cut(comment, " ")
	return house != "" && first == house
}

// newRecord is the body of a POST. Proxied is always said: the other value would hide the guest's address.
type newRecord struct {
	Type    dns.Type `json:"type"`
	Name    string   `json:"name"`
	Content string   `json:"content"`
	TTL     int      `json:"ttl"`
	Proxied bool     `json:"proxied"`
	Comment string   `json:"comment,omitempty"`
}

// amendment is the body of a PATCH; never a type, which cannot be changed.
type amendment struct {
	ID      string `json:"id,omitempty"` // in a batch
	TTL     int    `json:"ttl"`
	Proxied bool   `json:"proxied"`
}

// reference to a record.
type reference struct {
	ID string `json:"id"`
}
