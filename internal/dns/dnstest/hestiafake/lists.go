package hestiafake

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fields writes an object as the panel's scripts do: only quotes are escaped, and what is listed twice is listed twice.
func fields(name string, pairs ...string) string {
	var lines []string
	for i := 0; i+1 < len(pairs); i += 2 {
		lines = append(lines, "        "+quote(pairs[i])+": "+quote(pairs[i+1]))
	}
	return "    " + quote(name) + ": {\n" + strings.Join(lines, ",\n") + "\n    }"
}

func quote(s string) string {
	s = strings.ReplaceAll(s, `\`, "")
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

func object(entries []string) string {
	if len(entries) == 0 {
		return "{\n}"
	}
	return "{\n" + strings.Join(entries, ",\n") + "\n}"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (j *job) listZones() result {
	u, bad := j.user()
	if bad != nil {
		return *bad
	}
	if j.arg(2) != "json" {
		return result{}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(u.Zones)) {
		all = append(all, u.Zones[name].object(name))
	}
	return result{output: object(all)}
}

func (z *Zone) object(name string) string {
	return fields(name, "IP", "192.0.2.1", "TPL", "default", "TTL", strconv.Itoa(z.ttl()), "EXP", "2030-01-01",
		"SOA", "ns1.example.net", "SERIAL", "3000000001", "DNSSEC", "no", "SRC", "", "RECORDS", strconv.Itoa(len(z.Records)),
		"SUSPENDED", yes(z.Suspended), "TIME", "06:44:38", "DATE", "2026-01-01")
}

func (j *job) listZone() result {
	z, bad := j.zone(j.arg(2))
	if bad != nil {
		return *bad
	}
	if j.arg(3) != "json" {
		return result{}
	}
	return result{output: object([]string{z.object(j.arg(2))})}
}

func (j *job) listRecords() result {
	z, bad := j.zone(j.arg(2))
	if bad != nil {
		return *bad
	}
	j.takes(j.s.ListTime)
	if j.arg(3) != "json" {
		return result{}
	}
	var all []string
	for _, r := range z.Records {
		id := strconv.Itoa(r.ID)
		all = append(all, fields(id, "RECORD", r.Name, "TYPE", r.Type, "PRIORITY", "", "VALUE", r.Value, "ID", id,
			"SUSPENDED", yes(r.Suspended), "TIME", "06:44:38", "DATE", "2026-01-01", "TTL", r.TTL))
	}
	return result{output: object(all)}
}

func (j *job) listUser() result {
	u, bad := j.user()
	if bad != nil {
		return *bad
	}
	most, records := "unlimited", 0
	if u.Limit > 0 {
		most = strconv.Itoa(u.Limit)
	}
	for _, z := range u.Zones {
		records += len(z.Records)
	}
	return result{output: object([]string{fields(j.arg(1), "NAME", "Some One", "PACKAGE", "default", "DNS_DOMAINS", "unlimited",
		"DNS_RECORDS", most, "SUSPENDED", yes(u.Suspended), "U_DNS_DOMAINS", strconv.Itoa(len(u.Zones)),
		"U_DNS_RECORDS", strconv.Itoa(records))})}
}
