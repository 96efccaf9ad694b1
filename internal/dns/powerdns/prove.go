package powerdns

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// testTries: a person waits.
const testTries = 2

// report collects findings until one failed.
type report struct {
	found   []dns.Finding
	secrets wire.Secrets
}

func (r *report) say(step string, level dns.Level, format string, args ...any) {
	r.found = append(r.found, dns.Finding{Step: step, Level: level, Text: r.secrets.Clean(fmt.Sprintf(format, args...))})
}

// failed notes an error.
func (r *report) failed(step string, err error) bool {
	if err != nil {
		r.say(step, dns.Failed, "%s", err)
	}
	return err != nil
}

// Test implements dns.Provider. It writes nothing: the key allows all or nothing, and even an empty PATCH moves the serial.
func (z *Zone) Test(ctx context.Context) []dns.Finding {
	quick := &Zone{name: z.name, api: z.api, plain: z.plain}
	quick.api.tries.Max = min(testTries, z.api.tries.Max)
	r := &report{secrets: z.api.client.Secrets()}
	for _, step := range []func(context.Context, *report) bool{quick.testServer, quick.testZone, quick.testRead} {
		if !step(ctx, r) {
			break
		}
	}
	return r.found
}

func (z *Zone) testServer(ctx context.Context, r *report) bool {
	a, err := z.probe(ctx)
	if r.failed("reachable", err) {
		return false
	}
	r.say("reachable", dns.OK, "PowerDNS %s answers and takes the API key", a.Version)
	if z.plain {
		r.say("reachable", dns.Warning, "the API key travels unencrypted; use https, or a server on this machine")
	}
	if !featuresOf(a.Version).filter {
		r.say("reachable", dns.Warning, "version %s is older than 4.7, or unknown: every change reads the whole zone", a.Version)
	}
	return true
}

func (z *Zone) testZone(ctx context.Context, r *report) bool {
	var found zone
	err := z.api.get(ctx, z.path()+"?rrsets=false", &found)
	if err != nil {
		r.failed("zone", z.hint(ctx, z.explain(ctx, err)))
		return false
	}
	if plain(found.Name) != z.name {
		return !r.failed("zone", z.writable(found))
	}
	r.say("zone", dns.OK, "the zone %s is there (kind %s)", z.name, found.Kind)
	if found.SOAEditAPI == "" {
		r.say("zone", dns.Warning, "the zone's serial never moves, so secondary servers will not see changes; set SOA-EDIT-API of the zone to DEFAULT")
	}
	if found.DNSSEC && !found.APIRectify {
		r.say("zone", dns.Warning, "the zone is signed and api_rectify is not set; it is rectified after each change")
	}
	return true
}

// hint names the zone above that is there.
func (z *Zone) hint(ctx context.Context, err error) error {
	_, parent, more := strings.Cut(z.name, ".")
	for ; more && dns.Lasting(err); _, parent, more = strings.Cut(parent, ".") {
		if there, listErr := z.listed(ctx, parent); listErr == nil && there {
			return fmt.Errorf("%w; did you mean %s?", err, parent)
		}
	}
	return err
}

func (z *Zone) testRead(ctx context.Context, r *report) bool {
	var found zone
	err := z.api.call(ctx, wire.Call{Method: "GET", URL: z.api.root + z.path() + "?rrset_type=SOA&rrset_name=" + url.QueryEscape(z.name+"."), Limit: wire.List}, &found)
	if r.failed("read records", err) {
		return false
	}
	r.say("read records", dns.OK, "records can be read")
	if !slices.ContainsFunc(found.Sets, func(s rrset) bool { return s.Type == "SOA" && plain(s.Name) == z.name }) {
		r.say("read records", dns.Warning, "the zone has no SOA record: nothing of it is served")
	}
	if r.failed("writable", z.writable(found)) {
		return false
	}
	r.say("writable", dns.OK, "a key may write every zone that is no secondary one")
	return true
}
