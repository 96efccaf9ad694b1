package hestiafake

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// result is how a command ended.
type result struct {
	code   int
	output string
}

func fail(code int, text string) *result { return &result{code: code, output: "Error: " + text} }

//nolint:gochecknoglobals // immutable
var (
	zoneForm   = regexp.MustCompile(`^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$`)
	recordForm = regexp.MustCompile(`^([\p{L}\p{N}_*@]([\p{L}\p{N}_*.-]*[\p{L}\p{N}_.*])?)?$`)
	idForm     = regexp.MustCompile(`^[1-9][0-9]*$`)
	types      = []string{"A", "AAAA", "NS", "CNAME", "MX", "TXT", "SRV", "PTR", "CAA"}
	restarts   = []string{"", "no", "yes", "reload", "scheduled"}
)

// checkZone is as strict as the panel: no dot at the end, no slash, not only digits.
func checkZone(zone string) *result {
	digits := strings.Trim(zone, "0123456789.") == ""
	if !zoneForm.MatchString(zone) || digits {
		return fail(invalid, "invalid domain format :: "+zone)
	}
	return nil
}

// writeZone is what commands that write make of a zone's name: those that list do not.
func writeZone(zone string) string {
	return strings.TrimPrefix(strings.TrimRight(strings.ToLower(zone), "."), "www.")
}

// targets are types whose value is a host name.
func target(typ string) bool {
	return slices.Contains([]string{"NS", "CNAME", "MX", "PTR", "SRV"}, typ)
}

// recordName decodes A-labels, lower-cases, and takes what begins with a dash for an option of a tool, which leaves nothing.
func recordName(name, typ string) (string, *result) {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "-") {
		return "", nil
	}
	if plain, err := idna.Punycode.ToUnicode(name); err == nil {
		name = plain
	}
	bad := strings.Contains(name, "--") || strings.Contains(name, "__") || strings.Contains(name, "..") ||
		len(name) >= 400 || !recordForm.MatchString(name)
	if bad {
		return "", fail(invalid, "invalid record format :: "+name)
	}
	if target(typ) {
		if ascii, err := idna.Punycode.ToASCII(name); err == nil {
			name = ascii
		}
	}
	return name, nil
}

func checkType(typ string) *result {
	if !slices.Contains(types, typ) {
		return fail(invalid, "invalid dns record type format :: "+typ)
	}
	return nil
}

func checkRestart(restart string) *result {
	if !slices.Contains(restarts, restart) {
		return fail(invalid, "invalid restart format :: "+restart)
	}
	return nil
}

func checkTTL(ttl string) *result {
	if _, err := strconv.ParseUint(ttl, 10, 31); ttl != "" && err != nil {
		return fail(invalid, "invalid ttl format :: "+ttl)
	}
	return nil
}

// recordValue checks as little as the panel: an empty value passes, and before 1.9.5 AAAA and PTR do, too.
func (s *State) recordValue(typ, value string) (string, *result) {
	if value == "" {
		return "", nil
	}
	addr, err := netip.ParseAddr(value)
	switch {
	case typ == "A" && (err != nil || !addr.Is4()), typ == "AAAA" && !s.Before195 && (err != nil || addr.Is4()):
		return "", fail(invalid, "dns record validation failed :: "+value)
	case !target(typ):
		return value, nil
	}
	if !strings.HasSuffix(value, ".") {
		value += "."
	}
	if typ == "PTR" && !s.Before195 {
		return ptrValue(value)
	}
	return value, nil
}

func ptrValue(value string) (string, *result) {
	name, err := idna.Punycode.ToASCII(strings.ToLower(value))
	if err != nil {
		name = ""
	}
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	for _, l := range labels {
		if len(l) > 3 && l[2:4] == "--" && !strings.HasPrefix(l, "xn--") {
			name = ""
		}
	}
	if name == "" || strings.ContainsAny(name, "_ ") || slices.Contains(labels, "") {
		return "", fail(invalid, "dns record validation failed :: "+value)
	}
	if len(labels) < 2 {
		return "", fail(invalid, "PTR record "+labels[0]+" should be a fully qualified domain name (FQDN)")
	}
	return name, nil
}
