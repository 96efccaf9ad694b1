package cloudflare

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

const (
	// expiresSoon is when a token's end is worth a warning.
	expiresSoon = 30 * 24 * time.Hour
	// freeQuota is the number of records of a Free zone made since September 2024.
	freeQuota = 200
	// canEdit in the legacy list of a zone's permissions.
	canEdit = "#dns_records:edit"
)

// examination is a Test under way.
type examination struct {
	z     *Zone
	found []dns.Finding
}

func (e *examination) say(step string, level dns.Level, format string, args ...any) {
	e.found = append(e.found, dns.Finding{Step: step, Level: level, Text: e.z.secrets.Clean(fmt.Sprintf(format, args...))})
}

// fail ends the examination.
func (e *examination) fail(step string, err error) bool {
	e.say(step, dns.Failed, "%v", inTime(err))
	return false
}

// Test implements dns.Provider.
func (z *Zone) Test(ctx context.Context) []dns.Finding {
	e := &examination{z: z}
	if !e.reachable(ctx) {
		return e.found
	}
	info, err := z.show(ctx)
	hidden := says(err, codeUnauthorized) && z.recordsTell(ctx)
	switch {
	case hidden:
		info.Name = z.name
		e.say("zone", dns.Warning, "The token may not read the zone itself (permission Zone Read); that it is %s shows in its records only.", z.name)
	case err != nil:
		e.fail("zone", e.missing(ctx, err))
		return e.found
	case !e.zone(info):
		return e.found
	}
	if e.records(ctx, info) {
		e.writable(info)
	}
	return e.found
}

// token is what a verify endpoint says.
type token struct {
	Status  string `json:"status"`
	Expires string `json:"expires_on"`
}

// reachable verifies the token at the endpoint of its kind: a user's, or an account's.
func (e *examination) reachable(ctx context.Context) bool {
	const step = "reachable"
	var t token
	_, err := e.z.get(ctx, "/user/tokens/verify", nil, &t)
	if wide(err) && e.z.accountID != "" {
		_, err = e.z.get(ctx, "/accounts/"+url.PathEscape(e.z.accountID)+"/tokens/verify", nil, &t)
	}
	if wide(err) && e.z.accountID == "" {
		return e.unverified(ctx, err)
	}
	if err != nil {
		return e.fail(step, err)
	}
	if t.Status != "active" {
		return e.fail(step, complain(dns.ErrRefused, "The API token is %s. Create a new one at Cloudflare.", cmp.Or(t.Status, "of unknown status")))
	}
	e.say(step, dns.OK, "Cloudflare answers and accepts the API token.")
	if end, perr := time.Parse(time.RFC3339, t.Expires); perr == nil && end.Sub(e.z.account.clock.Now()) < expiresSoon {
		e.say(step, dns.Warning, "The API token expires on %s.", end.Format(time.DateOnly))
	}
	return true
}

// unverified tries a token that is no user's on the zone, as there is no account ID to verify it with.
func (e *examination) unverified(ctx context.Context, refused error) bool {
	_, err := e.z.get(ctx, e.z.path("dns_records"), url.Values{"per_page": {"1"}}, nil)
	switch {
	case err == nil, says(err, codeDenied, codeNoZone, codeNoRoute): // the token itself was taken
		e.say("reachable", dns.Warning, "Cloudflare answers, but does not know the API token as one of a user. If an account owns it, enter the account ID.")
		return true
	case wide(err):
		return e.fail("reachable", refused)
	}
	return e.fail("reachable", err)
}

// missing adds to a refusal what the list of zones tells.
func (e *examination) missing(ctx context.Context, err error) error {
	if err = e.z.explain(ctx, err); !says(err, codeUnauthorized, codeDenied) {
		return err
	}
	if other, lerr := e.z.elsewhere(ctx); lerr == nil && other != "" {
		return complain(dns.ErrRefused, "The token may not read this zone ID; %s has the ID %s.", e.z.name, other)
	}
	return err
}

// zone compares what was entered with the zone at Cloudflare.
func (e *examination) zone(info zoneInfo) bool {
	const step = "zone"
	if err := e.z.named(info.Name); err != nil {
		return e.fail(step, err)
	}
	if info.Type == "secondary" {
		return e.fail(step, complain(dns.ErrRefused, "The zone is a secondary one: Cloudflare copies its records from another server, where they have to be written."))
	}
	before := len(e.found)
	if e.z.accountID != "" && info.Account.ID != e.z.accountID {
		e.say(step, dns.Warning, "The zone belongs to the account %s, not to the one that was entered.", info.Account.ID)
	}
	if info.Status != "active" {
		e.say(step, dns.Warning, "The zone is %s: until its name servers are those of Cloudflare, nobody sees its records.", cmp.Or(info.Status, "not active"))
	}
	if len(e.found) == before {
		e.say(step, dns.OK, "The zone ID is %s.", info.Name)
	}
	return true
}

// records reads one record and counts them all.
func (e *examination) records(ctx context.Context, info zoneInfo) bool {
	const step = "read records"
	count, err := e.z.get(ctx, e.z.path("dns_records"), url.Values{"per_page": {"1"}}, &[]record{})
	if err != nil {
		return e.fail(step, err)
	}
	n := 0
	if count.TotalCount != nil {
		n = *count.TotalCount
	}
	e.say(step, dns.OK, "The zone has %d records.", n)
	if reverse := dns.KindOf(info.Name) != dns.Forward; info.Plan.LegacyID == "free" && (reverse || n > freeQuota*3/4) {
		e.say(step, dns.Warning, "A Free zone made since September 2024 holds %d records at most, too few for the 256 addresses of a whole /24.", freeQuota)
	}
	return true
}

// writable reads the permissions; nothing is written to prove them.
func (e *examination) writable(info zoneInfo) {
	const step = "writable"
	switch {
	case slices.Contains(info.Permissions, canEdit):
		e.say(step, dns.OK, "The API token may edit records.")
	case len(info.Permissions) > 0 && slices.ContainsFunc(info.Permissions, func(p string) bool { return strings.HasPrefix(p, "#dns_records:") }):
		e.say(step, dns.Failed, "The API token may read records and not edit them. Give it the DNS edit permission for this zone.")
	default:
		e.say(step, dns.Warning, "Cloudflare does not tell whether the API token may edit records; the first record will show it.")
	}
}
