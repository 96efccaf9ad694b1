package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

func find(path string) (Key, bool) {
	key, ok := byPath()[path]
	return key, ok
}

func paths() []string {
	var list []string
	for _, key := range table() {
		list = append(list, key.Path)
	}
	return list
}

func groupNames() []string {
	var list []string
	for _, path := range paths() {
		if group, _, _ := strings.Cut(path, "."); !slices.Contains(list, group) {
			list = append(list, group)
		}
	}
	return list
}

// firstOf is the first setting of a group, for an example.
func firstOf(group string) string {
	for _, path := range paths() {
		if name, ok := strings.CutPrefix(path, group+"."); ok {
			return name
		}
	}
	return ""
}

// unknown is the sentence for a name that nobody knows.
func unknown(name string, known []string) string {
	if near, ok := nearest(name, append(known, paths()...)); ok {
		return fmt.Sprintf("%s is not a known setting; did you mean %s?", shownName(name), near)
	}
	return fmt.Sprintf("%s is not a known setting; the groups are %s.", shownName(name), strings.Join(groupNames(), ", "))
}

func shownName(name string) string {
	return strings.Trim(shown(name), `"`)
}

// nearest finds the known name with the fewest wrong letters; a setting put into the wrong group is near as well.
func nearest(name string, known []string) (string, bool) {
	own := leaf(name)
	best, distance := "", 1+max(2, len(name)/3)
	for _, candidate := range known {
		d := levenshtein.ComputeDistance(strings.ToLower(name), candidate)
		if leafDistance := levenshtein.ComputeDistance(strings.ToLower(own), leaf(candidate)); leafDistance <= 1 && len(own) > 2 {
			d = min(d, 1+leafDistance)
		}
		if d < distance {
			best, distance = candidate, d
		}
	}
	return best, best != ""
}

func leaf(path string) string { return path[strings.LastIndex(path, ".")+1:] }
