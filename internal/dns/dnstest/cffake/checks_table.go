package cffake

import (
	"net/netip"
	"slices"
	"strings"
)

// commentLimit of Free zones, in characters.
const commentLimit = 100

// check looks at one thing and returns nil when it is right.
type check func(*draft) *refusal

// checks in their order.
func checks() []check {
	return []check{
		typed, named, addressed4, addressed6, pointed, timed, proxiable, publicProxied, commented, tagged,
		besideCNAME, asCNAME, unlike, withinQuota, present, sameType,
	}
}

// judge runs all checks; the first that says no counts.
func (d *draft) judge() *refusal {
	for _, c := range checks() {
		if no := c(d); no != nil {
			return no
		}
	}
	return nil
}

// unless is the refusal unless ok.
func unless(ok bool, why reason, args ...any) *refusal {
	if ok {
		return nil
	}
	return refuse(why, args...)
}

func typed(d *draft) *refusal {
	types := []string{"A", "AAAA", "CAA", "CNAME", "HTTPS", "MX", "NS", "PTR", "SRV", "SVCB", "TLSA", "TXT"}
	return unless(slices.Contains(types, d.Type) || !d.whole && d.old == nil, missingType)
}

func named(d *draft) *refusal {
	return unless((d.body.Name == nil && !d.whole) || d.body.Name != nil && *d.body.Name != "" && isName(d.Name), badName)
}

// content tells whether the call gives content of that type.
func (d *draft) content(typ string) bool {
	return d.Type == typ && (d.body.Content != nil || d.whole)
}

func addressed4(d *draft) *refusal {
	a, err := netip.ParseAddr(d.Content)
	return unless(!d.content("A") || err == nil && a.Is4(), badA)
}

func addressed6(d *draft) *refusal {
	a, err := netip.ParseAddr(d.Content)
	return unless(!d.content("AAAA") || err == nil && a.Is6() && a.Zone() == "", badAAAA)
}

func pointed(d *draft) *refusal {
	return unless(!d.content("PTR") || isHost(d.Content), badPTR)
}

func timed(d *draft) *refusal {
	if d.body.TTL == nil && !d.whole {
		return nil
	}
	return unless(d.TTL == 1 || d.TTL >= 60 && d.TTL <= 86400, badTTL)
}

func proxiable(d *draft) *refusal {
	return unless(!d.Proxied || canProxy(d.Type), notProxiable)
}

func canProxy(typ string) bool { return typ == "A" || typ == "AAAA" || typ == "CNAME" }

func publicProxied(d *draft) *refusal {
	a, err := netip.ParseAddr(d.Content)
	private := err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast())
	return unless(!d.Proxied || !private, privateProxied, d.Content)
}

func commented(d *draft) *refusal {
	if len(d.Comment) > commentLimit {
		return refuse(commentTooLong)
	}
	return unless(!strings.ContainsAny(d.Comment, "\r\n"), commentLines)
}

func tagged(d *draft) *refusal {
	return unless(len(d.Tags) <= d.zone.Tags, tooManyTags, len(d.Tags), d.zone.Tags)
}

// other finds another record of that name.
func (d *draft) other(fits func(Record) bool) (Record, bool) {
	for _, r := range d.zone.records {
		if r.ID != d.ID && strings.EqualFold(r.Name, d.Name) && fits(r) {
			return r, true
		}
	}
	return Record{}, false
}

func besideCNAME(d *draft) *refusal {
	_, found := d.other(func(r Record) bool { return r.Type == "CNAME" })
	return unless(!found || d.Type == "CNAME", cnameThere)
}

func asCNAME(d *draft) *refusal {
	_, found := d.other(func(r Record) bool { return canProxy(r.Type) })
	return unless(!found || d.Type != "CNAME", cnameUnwelcome)
}

func unlike(d *draft) *refusal {
	r, found := d.other(func(r Record) bool { return r.Type == d.Type && spelled(r.Type, r.Content) == d.Content })
	if !found {
		return nil
	}
	same := r.TTL == d.ttl() && r.Proxied == d.Proxied && r.Comment == d.Comment && slices.Equal(r.Tags, d.Tags)
	return unless(same, exists).or(refuse(identical))
}

// or is r, or else the other one.
func (r *refusal) or(other *refusal) *refusal {
	if r != nil {
		return r
	}
	return other
}

func withinQuota(d *draft) *refusal {
	return unless(!d.fresh || len(d.zone.records) < d.zone.Quota, quota)
}

func present(d *draft) *refusal { return unless(d.fresh || d.old != nil, noRecord) }

func sameType(d *draft) *refusal {
	return unless(d.old == nil || d.old.Type == d.Type, otherType)
}

// ttl is the one that is stored: proxied records have no say in it.
func (d *draft) ttl() int {
	if d.Proxied {
		return 1
	}
	return d.TTL
}
