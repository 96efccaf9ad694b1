package hestia

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// exam is one Test: its steps in order, ended by the first that fails.
type exam struct {
	*Zone
	key   string
	view  view
	found []dns.Finding
}

// Test implements dns.Provider.
func (z *Zone) Test(ctx context.Context) []dns.Finding {
	x := &exam{Zone: z}
	if err := z.panel.lane.take(ctx); err != nil {
		x.fail("reachable", err)
		return x.found
	}
	defer z.panel.lane.leave()
	for _, step := range []func(context.Context) bool{x.reach, x.read, x.writable} {
		if !step(ctx) {
			break
		}
	}
	return x.found
}

func (x *exam) say(step string, level dns.Level, format string, args ...any) {
	text := x.panel.client.Secrets().Clean(fmt.Sprintf(format, args...))
	x.found = append(x.found, dns.Finding{Step: step, Level: level, Text: text})
}

// fail returns false, for the caller to stop.
func (x *exam) fail(step string, err error) bool {
	x.say(step, dns.Failed, "%s", hint(err))
	return false
}

// reach proves address and credentials, and finds the zone, by one list of zones.
func (x *exam) reach(ctx context.Context) bool {
	all, err := x.zones(ctx)
	if err != nil {
		return x.fail("reachable", err)
	}
	x.say("reachable", dns.OK, "the panel answers and accepts the credentials; zones of user %s: %d", x.user, len(all))
	key, ok := x.spelling(all)
	switch {
	case !ok:
		return x.fail("zone", errors.New(x.unknownZone(all)))
	case all[key].Suspended == "yes":
		return x.fail("zone", fmt.Errorf("the zone %s is suspended; end that in the panel", key))
	}
	x.key = key
	x.say("zone", dns.OK, "the zone %s is there", key)
	return true
}

func (x *exam) unknownZone(all map[string]zoneInfo) string {
	for key := range all {
		if parent := plainName(key); dns.Match(x.name, parent) {
			return fmt.Sprintf("user %s has no zone %s; did you mean %s?", x.user, x.name, parent)
		}
	}
	return fmt.Sprintf("user %s has no zone %s; add it in the panel, or correct the zone or the user", x.user, x.name)
}

// read lists the zone and foretells from its size how long a change takes.
func (x *exam) read(ctx context.Context) bool {
	const many = 50
	var err error
	if x.view, err = x.list(ctx, x.key); err != nil {
		return x.fail("read records", err)
	}
	n := len(x.view)
	took := time.Duration(n) * perRecord
	switch {
	case took > x.panel.timeout:
		x.say("read records", dns.Warning, "%d records: a change can take about %s, longer than the timeout of %s; raise it", n, took.Round(time.Second), x.panel.timeout)
	case n > many:
		x.say("read records", dns.Warning, "%d records: HestiaCP 1.9.5 and later needs about %s for each change", n, took.Round(time.Second))
	default:
		x.say("read records", dns.OK, "%d records", n)
	}
	for _, e := range x.view {
		if x.view.twice(e.id) {
			x.say("read records", dns.Warning, "more than one record has the id %s; those cannot be changed until the zone is repaired in the panel", e.id)
			break
		}
	}
	return true
}

// owner as v-list-user shows him.
type owner struct {
	Suspended string
	Limit     string `json:"DNS_RECORDS"`
}

// writable proves what can be proven without a change: nobody is suspended, there is room, and a key has the commands.
func (x *exam) writable(ctx context.Context) bool {
	if x.panel.key {
		if err := x.probe(ctx); err != nil {
			return x.fail("writable", err)
		}
	}
	o, err := x.owner(ctx)
	if err != nil {
		x.say("writable", dns.Warning, "whether user %s may write could not be proven: %v", x.user, err)
		return true
	}
	most, err := strconv.Atoi(o.Limit)
	switch {
	case o.Suspended == "yes":
		return x.fail("writable", fmt.Errorf("user %s is suspended; end that in the panel", x.user))
	case err == nil && len(x.view) >= most:
		return x.fail("writable", fmt.Errorf("the package of user %s allows %d records in a zone, and %d are there; raise its limit DNS_RECORDS", x.user, most, len(x.view)))
	case err == nil:
		x.say("writable", dns.OK, "user %s may write; the package allows %d records, %d are there", x.user, most, len(x.view))
	default:
		x.say("writable", dns.OK, "user %s may write", x.user)
	}
	return true
}

func (x *exam) owner(ctx context.Context) (owner, error) {
	body, err := x.panel.list(ctx, "v-list-user", x.user, "json")
	if err != nil {
		return owner{}, err
	}
	var o owner
	err = objects(body, func(_ string, value owner) error {
		o = value
		return nil
	})
	if err != nil {
		return owner{}, fmt.Errorf("the panel's answer about the user cannot be read: %w", err)
	}
	return o, nil
}

// probe asks for each command that an access key needs, with an id, a name and a restart that no release takes: what is refused for
// them was allowed, and nothing changes.
func (x *exam) probe(ctx context.Context) error {
	const bad = "0"
	for _, call := range [][]string{
		{addRecord, x.user, x.key, "a--b", "A", "192.0.2.1", "", bad, "probe", "probe"},
		{changeRecord, x.user, x.key, bad, "a--b", "A", "192.0.2.1", "", "probe", "probe"},
		{deleteRecord, x.user, x.key, bad, "probe"},
	} {
		err := x.panel.run(ctx, call[0], call[1:]...)
		switch codeOf(err) {
		case forbidden:
			return fmt.Errorf("%w: the access key may not run %s; add the command to its permissions", dns.ErrRefused, call[0])
		case badPassword, disabled, noKeys:
			return err
		}
	}
	return nil
}

// untrusted tells a certificate that is not trusted; another try shows the same.
func untrusted(err error) bool {
	_, unknown := errors.AsType[*tls.CertificateVerificationError](err)
	return unknown || errors.Is(err, wire.ErrCertificate)
}

// hint adds what to do about a certificate: panels start with one that they signed themselves.
func hint(err error) string {
	if v, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(v.UnverifiedCertificates) > 0 {
		sum := sha256.Sum256(v.UnverifiedCertificates[0].Raw)
		return fmt.Sprintf("the panel's certificate is not trusted (%v); when it is its own, enter the fingerprint %x", v.Err, sum)
	}
	return strings.TrimPrefix(err.Error(), dns.ErrRefused.Error()+": ")
}
