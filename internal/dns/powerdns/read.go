package powerdns

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// rrset as the API has it; names end with a dot.
type rrset struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	TTL        int64    `json:"ttl"`
	ChangeType string   `json:"changetype,omitempty"`
	Records    []record `json:"records"`
}

// zone as the API has it.
type zone struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Kind       string  `json:"kind"`
	DNSSEC     bool    `json:"dnssec"`
	APIRectify bool    `json:"api_rectify"`
	SOAEditAPI string  `json:"soa_edit_api"`
	Sets       []rrset `json:"rrsets"`
}

const (
	// manyNames are read with the whole zone, in one call; 100,000 sets are 13.5 MB and take 0.8 s.
	manyNames = 50
	// readers at once; the server's listen backlog is 10.
	readers = 4
	// mostFound is how much a search returns; where it is not all, the zone is read.
	mostFound = 1000
)

// view is what a zone holds under some names.
type view struct {
	zone   zone
	sets   map[string][]rrset // by name; every name that was read is there
	failed map[string]error   // names that could not be read
	whole  bool               // disabled records are among them in any version
}

func (v *view) add(sets []rrset) {
	for _, s := range sets {
		name := plain(s.Name)
		if have, wanted := v.sets[name]; wanted && len(s.Records) > 0 { // 4.7 puts empty sets of other names in, which have comments
			v.sets[name] = append(have, s)
		}
	}
}

func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// state of a set.
func (v *view) state(name string, typ dns.Type) state {
	s := state{typ: typ}
	for _, set := range v.sets[name] {
		served := slices.ContainsFunc(set.Records, func(r record) bool { return !r.Disabled })
		switch {
		case strings.EqualFold(set.Type, string(typ)):
			s.records, s.ttl = append(s.records, set.Records...), set.TTL
		case strings.EqualFold(set.Type, "CNAME"):
			s.cname = s.cname || served
		}
	}
	return s
}

// read looks names up. An error is about the zone or the server; what is wrong with one name is in the view.
func (z *Zone) read(ctx context.Context, names []string) (*view, error) {
	v := &view{sets: map[string][]rrset{}, failed: map[string]error{}}
	for _, n := range names {
		v.sets[n] = nil
	}
	if !z.server.can.filter || len(names) > manyNames {
		err := z.readAll(ctx, v)
		if !z.server.can.filter || !errors.Is(err, wire.ErrTooLong) {
			return v, err
		}
	}
	return v, z.readNames(ctx, v, names)
}

// readAll reads the zone with all that is disabled.
func (z *Zone) readAll(ctx context.Context, v *view) error {
	err := z.api.call(ctx, wire.Call{Method: http.MethodGet, URL: z.api.root + z.path(), Limit: wire.List}, &v.zone)
	if err != nil {
		return z.explain(ctx, err)
	}
	v.whole = true
	v.add(v.zone.Sets)
	v.zone.Sets = nil
	return z.writable(v.zone)
}

// readNames reads the sets of each name. The first goes alone: a zone or a server at fault costs one call.
func (z *Zone) readNames(ctx context.Context, v *view, names []string) error {
	answers, errs := make([]zone, len(names)), make([]error, len(names))
	one := func(i int) {
		errs[i] = z.api.get(ctx, z.path()+"?rrset_name="+url.QueryEscape(names[i]+"."), &answers[i])
	}
	one(0)
	if errs[0] != nil && status(errs[0]) != http.StatusUnprocessableEntity {
		return z.explain(ctx, errs[0])
	}
	each(len(names)-1, func(i int) { one(i + 1) })
	for i, name := range names {
		switch {
		case errs[i] == nil:
			v.zone = answers[i]
			v.add(answers[i].Sets)
		case status(errs[i]) == http.StatusUnprocessableEntity:
			v.failed[name] = errs[i]
		default:
			return z.explain(ctx, errs[i])
		}
	}
	v.zone.Sets = nil
	if len(v.failed) == len(names) {
		return nil
	}
	return z.writable(v.zone)
}

// each runs f for 0…n-1, a few at a time.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, readers)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wg.Wait()
}

// writable refuses a zone that is not the one meant, and one whose contents come from elsewhere: the server takes a write
// there, and the next transfer undoes it.
func (z *Zone) writable(found zone) error {
	if plain(found.Name) != z.name {
		return fmt.Errorf("%w: the server answers with the zone %q instead of %s", dns.ErrRefused, found.Name, z.name)
	}
	switch strings.ToLower(found.Kind) {
	case "slave", "secondary", "consumer":
		return fmt.Errorf("%w: %s is a secondary zone at this server (kind %s); enter the server that is its primary", dns.ErrRefused, z.name, found.Kind)
	}
	return nil
}

// explain turns a 404 of the zone into dns.ErrNoZone, once the server has proved that it answers, knows the key and does not
// list the zone: the caller forgets what it had there.
func (z *Zone) explain(ctx context.Context, err error) error {
	if s := status(err); s != http.StatusNotFound && s != http.StatusMethodNotAllowed {
		return err
	}
	if _, err := z.probe(ctx); err != nil {
		return err
	}
	listed, listErr := z.listed(ctx, z.name)
	switch {
	case listErr != nil:
		return listErr
	case listed:
		return fmt.Errorf("the server lists the zone %s and does not find it", z.name) // it is being made or removed
	}
	return fmt.Errorf("%w: %s", dns.ErrNoZone, z.name)
}

// listed reports whether the server has a zone.
func (z *Zone) listed(ctx context.Context, name string) (bool, error) {
	var all []zone
	c := wire.Call{Method: http.MethodGet, URL: z.api.root + "/zones?dnssec=false&zone=" + url.QueryEscape(name+"."), Limit: wire.List}
	err := z.api.call(ctx, c, &all)
	return slices.ContainsFunc(all, func(found zone) bool { return plain(found.Name) == name }), err
}

// about is the server's description of itself.
type about struct {
	DaemonType string `json:"daemon_type"`
	Version    string `json:"version"`
}

// probe proves that an authoritative server answers and takes the key.
func (z *Zone) probe(ctx context.Context) (about, error) {
	var a about
	err := z.api.get(ctx, "", &a)
	if s := status(err); s == http.StatusNotFound || s == http.StatusMethodNotAllowed {
		return a, fmt.Errorf("%w; there is no PowerDNS API at this address: is api=yes set, and is the path right?", err)
	}
	if err == nil && a.DaemonType != "authoritative" {
		err = fmt.Errorf("%w: what answers is not a PowerDNS Authoritative Server (it says it is %q)", dns.ErrRefused, a.DaemonType)
	}
	return a, z.api.client.Secrets().Error(err)
}
