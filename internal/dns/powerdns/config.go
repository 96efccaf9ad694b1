package powerdns

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// Config of a zone.
type Config struct {
	Zone   string // canonical
	Server string // base URL of the API, with or without /api/v1 and what follows it
	APIKey string
	// Fingerprint is the SHA-256 of the server's certificate; RootCAs are authorities. Both empty = the system's authorities.
	Fingerprint string
	RootCAs     *x509.CertPool
	// Tries of a call that fails in passing; dns-providers §4.6 when zero.
	Tries wire.Tries
	Clock clock.Clock  // the machine's when nil
	Log   *slog.Logger // none when nil
}

// Zone implements dns.Provider.
type Zone struct {
	name   string
	api    api
	server *server
	plain  bool // the key travels unencrypted to another machine
}

// New checks a configuration; it makes no call. The registry is the one of the process. Errors are sentences.
func New(cfg Config, servers *Servers) (*Zone, error) {
	name := strings.ToLower(strings.TrimSuffix(cfg.Zone, "."))
	if name == "" || strings.ContainsAny(name, " ?#%") {
		return nil, fmt.Errorf("%q is no zone's name", cfg.Zone)
	}
	base, err := base(cfg.Server)
	if err != nil {
		return nil, err
	}
	key := strings.TrimSpace(cfg.APIKey)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errors.New("the PowerDNS API key is missing, or holds a line break")
	}
	client, err := wire.New(wire.Options{RootCAs: cfg.RootCAs, Fingerprint: cfg.Fingerprint, Secrets: wire.Secrets{key}})
	if err != nil {
		return nil, err
	}
	log := cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)).With("provider", "powerdns", "zone", name)
	return &Zone{
		name: name, server: servers.server(base.String()), plain: base.Scheme == "http" && !loopback(base.Hostname()),
		api: api{root: base.String(), key: key, client: client, tries: tries(cfg.Tries), clock: cmp.Or[clock.Clock](cfg.Clock, clock.System{}), log: log},
	}, nil
}

func tries(t wire.Tries) wire.Tries {
	if t.Max > 0 {
		return t
	}
	return wire.Tries{Max: 6, First: 100 * time.Millisecond, Cap: 3 * time.Second}
}

// base is the address below which a server's calls lie. The server answers 404 for a double slash and for one at the end.
func base(server string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(server))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the PowerDNS server must be a URL such as https://dns.example.org:8081")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the PowerDNS server's URL must hold no user, password or question mark; write the address alone")
	}
	u.Host = strings.ToLower(u.Host)
	prefix := strings.TrimRight(path.Clean("/"+u.Path), "/")
	for _, tail := range []string{"/api/v1/servers/localhost", "/api/v1/servers", "/api/v1", "/api"} {
		if cut, ok := strings.CutSuffix(prefix, tail); ok {
			prefix = cut
			break
		}
	}
	u.Path, u.RawPath = prefix+"/api/v1/servers/localhost", ""
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// path of the zone; the server encodes a slash in a name as =2F.
func (z *Zone) path() string {
	return "/zones/" + url.PathEscape(strings.ReplaceAll(z.name, "/", "=2F")) + "."
}

var _ dns.Provider = (*Zone)(nil)
