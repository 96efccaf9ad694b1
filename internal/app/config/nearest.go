package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// keys are all names a TOML file may use, with those of a server that is written as the file wrote it.
func keys(server string) map[string]bool {
	all := map[string]bool{}
	for _, o := range append(Options(), serverOptions(1)...) {
		key := o.Key
		if rest, ok := strings.CutPrefix(key, serversPrefix+"1."); ok {
			key = serversPrefix + server + "." + rest
		}
		all[key] = true
		if o.Secret() {
			all[key+fileSuffix] = true
		}
	}
	return all
}

// suggest is " Did you mean …?" for an unknown key, or "" when nothing is near.
func suggest(key string) string {
	server := "1"
	if parts := strings.Split(key, "."); parts[0]+"." == serversPrefix && len(parts) == 3 {
		server = parts[1]
		if _, _, ok := serverKey(key); !ok {
			return " Name the server by its number in WHMCS, such as [servers.3]."
		}
	}
	known := keys(server)
	_, last, dotted := strings.Cut(key, ".")
	if !dotted {
		last = key
	}
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if strings.HasSuffix(k, "."+last) && !strings.HasPrefix(k, serversPrefix) {
			return " Did you mean " + k + "?"
		}
	}
	if near, distance := nearest(key, known); distance <= max(2, len(key)/3) {
		return " Did you mean " + near + "?"
	}
	return ""
}

// nearest is the key of known with the fewest changed letters.
func nearest[V any](word string, known map[string]V) (best string, distance int) {
	distance = len(word) + 1
	for _, k := range slices.Sorted(maps.Keys(known)) {
		if d := levenshtein.ComputeDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	return best, distance
}
