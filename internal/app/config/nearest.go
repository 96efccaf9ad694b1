package config

import (
	"maps"
	"slices"
	"strings"
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
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	return best, distance
}

// editDistance counts the letters to add, drop or change (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
