package cloudflare

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// API is where Cloudflare answers.
const API = "https://api.cloudflare.com/client/v4"

// Config of a zone.
type Config struct {
	Zone      string // its name in canonical form
	ZoneID    string
	AccountID string // may be empty; needed to verify a token that an account owns
	Token     string // as pasted
	Accounts  *Accounts
	URL       string       // of the API; "" is API
	Log       *slog.Logger // nil is silence
	// Pause after the first try that failed in passing, 200 ms when zero; it grows to 15 times that.
	Pause time.Duration
}

// Zone is one zone at Cloudflare.
type Zone struct {
	name, id, accountID string
	url                 string
	token               string
	account             *account
	turn                turn
	secrets             wire.Secrets
	log                 *slog.Logger
	tries               wire.Tries
}

var _ dns.Provider = (*Zone)(nil)

// New checks what was entered and calls nobody. Errors are sentences for the person who entered it.
func New(c Config) (*Zone, error) {
	token, err := cleanToken(c.Token)
	if err != nil {
		return nil, err
	}
	id, err := cleanID("zone ID", c.ZoneID)
	if err != nil {
		return nil, err
	}
	accountID := ""
	if strings.TrimSpace(c.AccountID) != "" {
		if accountID, err = cleanID("account ID", c.AccountID); err != nil {
			return nil, err
		}
	}
	account, err := c.Accounts.of(token)
	if err != nil {
		return nil, err
	}
	pause := cmp.Or(c.Pause, 200*time.Millisecond)
	return &Zone{
		name: c.Zone, id: id, accountID: accountID, token: token, url: strings.TrimSuffix(cmp.Or(c.URL, API), "/"),
		account: account, turn: c.Accounts.turn(id), secrets: wire.Secrets{token},
		log:   cmp.Or(c.Log, slog.New(slog.DiscardHandler)).With("provider", "cloudflare", "zone", c.Zone),
		tries: wire.Tries{Max: 6, First: pause, Cap: 15 * pause},
	}, nil
}

// cleanToken takes what comes along when a token is copied.
func cleanToken(pasted string) (string, error) {
	fields := strings.Fields(pasted)
	if len(fields) > 0 && strings.EqualFold(strings.TrimSuffix(fields[0], ":"), "bearer") {
		fields = fields[1:]
	}
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case len(fields) == 0:
		return "", errors.New("the API token is missing; create one at Cloudflare with the permissions Zone Read and DNS Edit")
	case len(fields) > 1 || strings.ContainsFunc(fields[0], odd):
		return "", errors.New("the API token holds characters that no token has; paste the token alone")
	}
	return fields[0], nil
}

// cleanID wants the 32 hexadecimal characters of Cloudflare's ids.
func cleanID(what, entered string) (string, error) {
	id := strings.ToLower(strings.TrimSpace(entered))
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return "", fmt.Errorf("the %s has 32 characters of 0-9 and a-f; copy it from the overview page of the zone at Cloudflare", what)
	}
	return id, nil
}
