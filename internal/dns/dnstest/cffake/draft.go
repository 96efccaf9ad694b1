package cffake

import (
	"encoding/json"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// body is a record in a request; fields that are not known are ignored.
type body struct {
	ID      string    `json:"id"` // of an operation in a batch
	Type    *string   `json:"type"`
	Name    *string   `json:"name"`
	Content *string   `json:"content"`
	TTL     *int      `json:"ttl"`
	Proxied *bool     `json:"proxied"`
	Comment *string   `json:"comment"`
	Tags    *[]string `json:"tags"`
}

func read(raw []byte) (body, *refusal) {
	var b body
	if json.Unmarshal(raw, &b) != nil {
		return b, refuse(badBody)
	}
	return b, nil
}

// draft is a record as a call would leave it.
type draft struct {
	Record
	body  body
	zone  *zone
	fresh bool    // by POST
	whole bool    // by POST or PUT, which demand all fields
	old   *Record // what a PUT or PATCH changes; nil when there is no such record
}

// set puts a field over the record's when the request has it, or when the request must have it.
func set[T any](field *T, given *T, whole bool) {
	var none T
	switch {
	case given != nil:
		*field = *given
	case whole:
		*field = none
	}
}

// newDraft lays b over old; whole resets what b leaves out.
func (z *zone) newDraft(b body, old *Record, fresh, whole bool) *draft {
	d := &draft{body: b, zone: z, fresh: fresh, whole: whole, old: old}
	if old != nil {
		d.Record = *old
	}
	set(&d.Type, b.Type, whole)
	set(&d.Name, b.Name, whole)
	set(&d.Content, b.Content, whole)
	set(&d.TTL, b.TTL, whole)
	set(&d.Proxied, b.Proxied, whole)
	set(&d.Comment, b.Comment, whole)
	set(&d.Tags, b.Tags, whole)
	if b.Name != nil {
		d.Name = z.complete(*b.Name)
	}
	d.Content = spelled(d.Type, d.Content)
	return d
}

// complete makes a name a full one. A name that is not below the zone is taken for a relative one.
func (z *zone) complete(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if ascii, err := idna.Punycode.ToASCII(name); err == nil {
		name = ascii
	}
	if name == "@" || name == z.Name {
		return z.Name
	}
	if strings.HasSuffix(name, "."+z.Name) {
		return name
	}
	return name + "." + z.Name
}

// spelled is content as it is stored: addresses short and lower-case, host names without the last dot.
func spelled(typ, content string) string {
	switch typ {
	case "A", "AAAA":
		if a, err := netip.ParseAddr(content); err == nil {
			return a.String()
		}
	case "PTR", "CNAME", "NS":
		return strings.TrimSuffix(content, ".")
	}
	return content
}

// isName tells whether a text can be a name in the DNS.
func isName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return true
}

// isHost tells whether a text can name a host.
func isHost(name string) bool {
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
	}
	return isName(name) && !strings.ContainsFunc(name, odd)
}
