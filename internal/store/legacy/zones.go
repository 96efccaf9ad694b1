package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

const zonesHere = "puq_proxmox_kvm_dns_zones"

// zones takes the extension's zones over, if there are none of ours. Their secrets are sealed on the way.
func (t *takeover) zones(ctx context.Context) (Part, error) {
	columns := slices.Concat(zoneFields(), providerFields())
	list, err := sources(ctx, t.q, zoneTables(), columns)
	if err != nil {
		return Part{}, err
	}
	p := found(list)
	if p.Passed, err = t.full(ctx, zonesHere, "DNS zones", len(list)); err != nil || p.Passed != "" {
		return p, err
	}
	var taken []zones.Zone
	for _, s := range list {
		for _, e := range s.entries {
			zone, row, fault := readZone(reader{e, zoneFields()}, s.name, taken)
			if fault != "" {
				p.leave(row, fault)
				continue
			}
			if zone.ID, err = zonebook.In(t.q, t.box).Put(ctx, zone); err != nil {
				return p, err
			}
			taken = append(taken, zone)
			p.take(row)
		}
	}
	return p, nil
}

// readZone understands one row; fault is a sentence that names no secret, "" = it is understood.
func readZone(r reader, table string, others []zones.Zone) (zones.Zone, Row, string) {
	values := r.merged()
	typed := zones.Zone{Name: r.text(zoneName), Provider: providerID(r.text(kind)), Fields: map[string]string{}}
	row := Row{Table: table, ID: r.text(rowID), What: strings.TrimSpace(fmt.Sprintf("zone %s at %s", typed.Name, r.text(kind)))}
	if text := r.text(ttl); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return typed, row, fmt.Sprintf("The TTL %q is no number.", text)
		}
		typed.TTL = seconds
	}
	for _, f := range zones.Find(typed.Provider).Fields {
		i := slices.IndexFunc(providerFields(), func(known field) bool { return known.name == f.Name })
		if i < 0 {
			continue
		}
		if value := values.get(providerFields()[i]); value != "" {
			typed.Fields[f.Name] = value
		}
	}
	zone, err := zones.Check(typed, nil, others)
	if faults := (zones.FormErrors{}); errors.As(err, &faults) {
		return zone, row, faults.Error()
	}
	return zone, row, ""
}

// merged are the row's columns with the keys of the JSON in one of them.
func (r reader) merged() entry {
	all := entry{}
	var inside map[string]any
	if json.Unmarshal([]byte(r.text(config)), &inside) == nil {
		for key, value := range inside {
			if text, ok := value.(string); ok {
				all[strings.ToLower(key)] = text
			} else if value != nil {
				all[strings.ToLower(key)] = fmt.Sprint(value)
			}
		}
	}
	for column, value := range r.entry {
		if value != "" {
			all[column] = value
		}
	}
	return all
}

// providerID understands what the form called a provider.
func providerID(text string) string {
	text = strings.ToLower(text)
	for _, p := range [][2]string{{"cloudflare", "cloudflare"}, {"hestia", "hestiacp"}, {"powerdns", "powerdns"}, {"pdns", "powerdns"}} {
		if strings.Contains(text, p[0]) {
			return p[1]
		}
	}
	return text
}
