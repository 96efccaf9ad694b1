package hestia

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// entry is a record as the panel lists it.
type entry struct {
	id        string // "" = just added; only a new list tells
	raw       string // the name as the panel spells it
	name      string // full and canonical; "" = nobody's
	typ       dns.Type
	value     string // canonical
	ttl       int    // 0 = the zone's own, -1 = this release does not tell
	suspended bool   // listed, not served
}

// served tells an entry that the name server answers with.
func (e entry) served(name string, typ dns.Type) bool {
	return e.name == name && e.typ == typ && !e.suspended
}

// view is what is known of a zone's records.
type view []entry

// twice tells an id that more than one record has: whoever writes to it hits all of them.
func (v view) twice(id string) bool {
	n := 0
	for _, e := range v {
		if e.id == id && id != "" {
			n++
		}
	}
	return n > 1
}

// alone tells that a zone has no more than one record of a type, suspended ones included, as the panel counts.
func (v view) alone(typ dns.Type) bool {
	n := 0
	for _, e := range v {
		if e.typ == typ {
			n++
		}
	}
	return n <= 1
}

func (v view) holds(name string, typ dns.Type, value string) bool {
	return slices.ContainsFunc(v, func(e entry) bool { return e.served(name, typ) && e.value == value })
}

// listed is a record in a list; all its values are strings.
type listed struct {
	Record, Type, Value, ID, Suspended string
	TTL                                *string
}

// readView reads a list of records. A list that cannot be read is an error, never an empty one.
func readView(body []byte, zone string) (view, error) {
	v := view{}
	err := objects(body, func(key string, r listed) error {
		if r.ID == "" || r.ID != key {
			return fmt.Errorf("record %q has the id %q", key, r.ID)
		}
		v = append(v, r.entry(zone))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the panel's list of records cannot be read: %w", err)
	}
	return v, nil
}

func (r listed) entry(zone string) entry {
	e := entry{id: r.ID, raw: r.Record, name: fullName(r.Record, zone), typ: dns.Type(r.Type), suspended: r.Suspended == "yes", ttl: -1}
	e.value = plainValue(e.typ, r.Value)
	if r.TTL != nil {
		e.ttl, _ = strconv.Atoi(*r.TTL) // what is no number is no TTL of its own
	}
	return e
}

// objects reads an object of objects, key by key: records with the same id come with the same key, and a map would show the last only.
func objects[T any](body []byte, take func(key string, value T) error) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("it is no JSON object")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return fmt.Errorf("it is not JSON: %w", err)
		}
		var value T
		if err := dec.Decode(&value); err != nil {
			return fmt.Errorf("entry %v: %w", key, err)
		}
		if err := take(key.(string), value); err != nil { // keys of objects are strings
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("it ends too early: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after its end")
	}
	return nil
}

// mapper turns names as panels show them into A-labels; names that hosts cannot have (_dmarc, *) pass.
//
//nolint:gochecknoglobals // immutable, and costly to build for every name
var mapper = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false))

func plainName(name string) string {
	a, err := mapper.ToASCII(name)
	if err != nil {
		a = name
	}
	return strings.TrimSuffix(strings.ToLower(a), ".")
}

// fullName of a listed record. An empty name belongs to the line before it in the zone file, which nobody can tell.
func fullName(record, zone string) string {
	switch {
	case record == "":
		return ""
	case record == "@":
		return zone
	case strings.HasSuffix(record, "."):
		return plainName(record)
	}
	return plainName(record) + "." + zone
}

func plainValue(typ dns.Type, value string) string {
	if typ == dns.PTR || typ == "CNAME" {
		return plainName(value)
	}
	if addr, err := netip.ParseAddr(value); err == nil && (typ == dns.A || typ == dns.AAAA) {
		return addr.String()
	}
	return value
}
