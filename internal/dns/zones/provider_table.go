package zones

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Provider describes the lower part of the zone form (product-spec §8.6).
type Provider struct {
	ID     string // as stored and logged
	Label  string
	Fields []Field
}

// Field of a provider.
type Field struct {
	Name        string // in the stored JSON
	Label       string
	Placeholder string
	Hint        string
	Required    bool
	Secret      bool
	// leads: what a secret was entered for. When such a field changes, saved secrets have to be entered again, or whoever may
	// edit a zone could send them to a server of his choice (dns-providers §4.7).
	leads bool
	// account: part of what zones share limits by.
	account bool
	clean   func(string) (string, error)
}

// identity is what tells values apart without showing a secret.
func (f Field) identity(value string) string {
	if !f.Secret {
		return strings.ToLower(value)
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// Providers lists what a zone can be kept at.
func Providers() []Provider {
	return []Provider{
		{ID: "cloudflare", Label: "Cloudflare", Fields: []Field{
			{Name: "account_id", Label: "Account ID", Hint: "needed for tokens that belong to an account", clean: hexID},
			{Name: "zone_id", Label: "Zone ID", Hint: "on the zone's overview page", Required: true, clean: hexID},
			{Name: "api_token", Label: "API Token", Hint: "Cloudflare API token with DNS edit permissions", Required: true, Secret: true, account: true, clean: token},
		}},
		{ID: "hestiacp", Label: "HestiaCP", Fields: []Field{
			{Name: "server", Label: "Server URL", Placeholder: "https://host:8083/", Required: true, leads: true, account: true, clean: hestiaServer},
			{Name: "admin", Label: "Admin User", Placeholder: "admin", Required: true, leads: true, clean: word},
			{Name: "password", Label: "Admin Password", Hint: "or ACCESSKEY:SECRET of an access key", Required: true, Secret: true},
			{Name: "user", Label: "User", Hint: "HestiaCP user owning the zone", Required: true, clean: word},
			fingerprint(),
		}},
		{ID: "powerdns", Label: "PowerDNS", Fields: []Field{
			{Name: "server", Label: "Server URL", Placeholder: "https://host:8081", Hint: "API base", Required: true, leads: true, account: true, clean: powerDNSServer},
			{Name: "api_key", Label: "API Key", Required: true, Secret: true},
			fingerprint(),
		}},
	}
}

func fingerprint() Field {
	return Field{
		Name: "fingerprint", Label: "Certificate fingerprint", Hint: "SHA-256 of a self-signed certificate; empty = signed by a known authority",
		leads: true, clean: sha256Fingerprint,
	}
}
