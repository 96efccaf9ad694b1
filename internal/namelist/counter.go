package namelist

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Settings are those of the addon, as WHMCS stores them now.
type Settings interface {
	AddonSettings(ctx context.Context) (map[string]string, error)
}

// Counter is where the list is asked for. It is safe for concurrent use.
type Counter struct {
	list     *List
	settings Settings
	limits   *limits
	log      *slog.Logger
}

// NewCounter hands out list to whom the settings allow it.
func NewCounter(list *List, s Settings, c clock.Clock, log *slog.Logger) *Counter {
	return &Counter{list: list, settings: s, limits: newLimits(c), log: log}
}

var _ bridge.NameList = (*Counter)(nil)

const whereSettings = `in WHMCS, in the settings of the addon "Proxmox KVM (kvmbridge)"`

// Ask implements bridge.NameList.
func (c *Counter) Ask(ctx context.Context, ask bridge.NameListArgs) (bridge.NameListAnswer, error) {
	from, _ := netip.ParseAddr(ask.Address) // the zero address is on no list
	from = from.Unmap().WithZone("")
	if wait := c.limits.wait(from); wait > 0 {
		return tooMany(wait), nil
	}
	if ask.Method != http.MethodGet && ask.Method != http.MethodHead {
		return deny(http.StatusMethodNotAllowed, "This list is only read: ask with GET or HEAD."), nil
	}
	settings, err := c.settings.AddonSettings(ctx)
	if err != nil {
		return bridge.NameListAnswer{}, err
	}
	r := rulesOf(settings)
	if len(r.misspelt) > 0 {
		c.log.WarnContext(ctx, `the addon's setting "dns.php: addresses" holds what is neither an address nor a network`, slog.Any("words", r.misspelt))
	}
	if denial, denied := r.judge(from, ask); denied {
		return denial, nil
	}
	return c.open(ctx, ask)
}

func (r rules) judge(from netip.Addr, ask bridge.NameListArgs) (bridge.NameListAnswer, bool) {
	switch {
	case r.untouched:
		return deny(http.StatusForbidden, `Nobody may read this list yet. Enter who may, `+whereSettings+
			`: their addresses under "dns.php: addresses", a token under "dns.php: token", or both.`), true
	case !r.admits(from):
		return deny(http.StatusForbidden, "The address "+cmp.Or(printable(from), "of the caller")+" may not read this list. It can be entered "+whereSettings+
			`, under "dns.php: addresses". Only the address of the connection counts, behind a proxy that of the proxy.`), true
	case !r.knows(cmp.Or(bearer(ask.Authorization), string(ask.Token))):
		return deny(http.StatusUnauthorized, `This list needs its token, which is set `+whereSettings+
			`, under "dns.php: token". Send it in a header "Authorization: Bearer TOKEN", or as ?token=TOKEN in the address.`), true
	}
	return bridge.NameListAnswer{}, false
}

func (c *Counter) open(ctx context.Context, ask bridge.NameListArgs) (bridge.NameListAnswer, error) {
	e, err := c.list.Current(ctx)
	if err != nil {
		return bridge.NameListAnswer{}, err
	}
	if holds(ask.IfNoneMatch, e.ETag) {
		return bridge.NameListAnswer{Status: http.StatusNotModified, ETag: e.ETag}, nil
	}
	answer := bridge.NameListAnswer{Status: http.StatusOK, ETag: e.ETag, Size: e.Size}
	if ask.Method == http.MethodGet {
		answer.Copy = e.Copy
	}
	return answer, nil
}

func deny(status int, why string) bridge.NameListAnswer {
	return bridge.NameListAnswer{Status: status, Why: why}
}

func tooMany(wait time.Duration) bridge.NameListAnswer {
	a := deny(http.StatusTooManyRequests, "Too many requests came from this address. Ask at most once every two seconds; the list seldom changes.")
	a.RetryAfter = int(math.Ceil(wait.Seconds()))
	return a
}

func printable(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// bearer is the token of an Authorization header, "" when it holds none.
func bearer(header bridge.Secret) string {
	scheme, token, _ := strings.Cut(string(header), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// holds tells whether an If-None-Match header names etag. Web servers that compress mark what passes them, Apache with a
// suffix and nginx as weak.
func holds(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == "*" {
			return true
		}
		plain, closed := strings.CutSuffix(part, `"`)
		for _, suffix := range []string{"-gzip", ";gzip", "-br", "-zstd"} {
			plain = strings.TrimSuffix(plain, suffix)
		}
		if closed && plain+`"` == etag {
			return true
		}
	}
	return false
}
