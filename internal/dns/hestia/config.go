package hestia

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// Config of a zone. The password is root on the panel's host, unless it is an access key.
type Config struct {
	Zone     string // canonical
	Server   string // URL as people type it; https only, port 8083 unless it says another
	Admin    string // the panel's root user; not used with an access key
	Password string // or ACCESSKEY:SECRET
	User     string // owner of the zone
	// Fingerprint is the SHA-256 of the panel's certificate; CA are authorities in PEM. Both empty = the system's authorities.
	Fingerprint, CA string
	// Timeout of one call: 180 s when zero, at most 600 s, after which the panel's own web server gives up.
	Timeout time.Duration
	Clock   clock.Clock  // the machine's when nil
	Log     *slog.Logger // none when nil
}

const (
	usualTimeout   = 180 * time.Second
	longestTimeout = 600 * time.Second
	connectTimeout = 10 * time.Second
)

var _ dns.Provider = (*Zone)(nil)

// Zone implements dns.Provider.
type Zone struct {
	name   string // canonical
	stored string // as the panel spells it; guarded by the server's turn
	user   string
	panel  *panel
}

// New checks a configuration; it makes no call. The registry is the one of the process. Errors are sentences.
func New(cfg Config, servers *Servers) (*Zone, error) {
	if why := unfit(cfg.Zone); why != "" {
		return nil, fmt.Errorf("HestiaCP cannot hold the zone %s: %s", cfg.Zone, why)
	}
	endpoint, err := endpoint(cfg.Server)
	if err != nil {
		return nil, err
	}
	auth, secrets, err := credentials(cfg.Admin, cfg.Password)
	if err != nil {
		return nil, err
	}
	if cfg.User == "" {
		return nil, errors.New("the HestiaCP user who owns the zone is missing")
	}
	client, err := cfg.client(secrets)
	if err != nil {
		return nil, err
	}
	p := &panel{
		endpoint: endpoint.String(), auth: auth, key: auth.Has("hash"), id: sha256.Sum256([]byte(auth.Encode())), client: client,
		timeout: cfg.timeout(), lane: servers.lane(endpoint.Host), clock: cfg.Clock, log: cfg.Log,
	}
	if p.clock == nil {
		p.clock = clock.System{}
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.log = p.log.With("provider", "hestiacp", "zone", cfg.Zone)
	return &Zone{name: cfg.Zone, stored: cfg.Zone, user: cfg.User, panel: p}, nil
}

// Close drops idle connections.
func (z *Zone) Close() { z.panel.client.Close() }

func (cfg Config) timeout() time.Duration {
	if cfg.Timeout <= 0 {
		return usualTimeout
	}
	return min(cfg.Timeout, longestTimeout)
}

func (cfg Config) client(secrets wire.Secrets) (*wire.Client, error) {
	var pool *x509.CertPool
	if cfg.CA != "" {
		var err error
		if pool, err = wire.Authorities(cfg.CA); err != nil {
			return nil, fmt.Errorf("the panel's authority: %w", err)
		}
	}
	c, err := wire.New(wire.Options{
		Connect: connectTimeout, Total: cfg.timeout(), RootCAs: pool, Fingerprint: cfg.Fingerprint, Secrets: secrets,
	})
	if err != nil {
		return nil, fmt.Errorf("the panel's certificate: %w", err)
	}
	return c, nil
}

// unfit says why a zone cannot exist at a panel, or is not the one that writes would reach.
func unfit(zone string) string {
	switch {
	case strings.HasPrefix(zone, "www."):
		return "the panel cuts a leading www. off and would write into another zone; enter the name without www."
	case strings.Contains(zone, "/"):
		return "it allows no slash in a name; give the zone a hyphen instead, such as 64-127.2.0.192.in-addr.arpa"
	case strings.Contains(zone, "_"):
		return "it allows no underscore in the name of a zone"
	}
	if canon, err := dns.Canon(zone); err != nil || canon != zone {
		return "it is not a domain name in its plain form (lower case, xn-- for international parts, no dot at the end)"
	}
	return ""
}

// endpoint of the API behind what people paste as the panel's address.
func endpoint(server string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(server))
	if err != nil || u.Host == "" {
		return nil, errors.New("the server's address must be a URL such as https://hestia.example.com:8083/")
	}
	if u.Scheme != "https" {
		return nil, errors.New("the server's address must begin with https://; the password goes along with every call, and plain http would show it")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the server's address must not hold a user, a password or a question mark; enter them in their own fields")
	}
	path := strings.TrimRight(u.Path, "/")
	for _, tail := range []string{"/api/index.php", "/api", "/login"} {
		path = strings.TrimRight(strings.TrimSuffix(path, tail), "/")
	}
	host := strings.ToLower(u.Host)
	if u.Port() == "" {
		host = strings.TrimSuffix(host, ":") + ":8083"
	}
	return &url.URL{Scheme: "https", Host: host, Path: path + "/api/index.php"}, nil
}

// credentials as form fields; an access key has 20 characters and its secret 40.
func credentials(admin, password string) (url.Values, wire.Secrets, error) {
	if password == "" {
		return nil, nil, errors.New("the password of the panel's admin is missing")
	}
	if id, secret, ok := strings.Cut(password, ":"); ok && len(id) == 20 && len(secret) == 40 && !strings.Contains(secret, ":") {
		return url.Values{"hash": {password}}, wire.Secrets{password, secret}, nil
	}
	if admin == "" {
		return nil, nil, errors.New("the panel's admin user is missing")
	}
	return url.Values{"user": {admin}, "password": {password}}, wire.Secrets{password}, nil
}
