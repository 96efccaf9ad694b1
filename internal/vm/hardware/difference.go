package hardware

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Difference is one thing in which a guest's configuration is not as wanted; "" = it is not there.
type Difference struct{ What, Have, Want string }

// Differences lists in what a configuration differs from the lines that want would write into it, by key. The lines of NICs,
// drives and addresses are compared option by option, without regard to their order.
func Differences(config, want map[string]string) []Difference {
	var list []Difference
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if !listed(key) {
			list = compare(list, key, config[key], want[key])
			continue
		}
		have, wish := parts(key, config[key]), parts(key, want[key])
		for _, name := range slices.Sorted(maps.Keys(both(have, wish))) {
			list = compare(list, strings.TrimSpace(key+" "+name), have[name], wish[name])
		}
	}
	return list
}

// compare takes an option that is missing for its usual default, 0.
func compare(list []Difference, what, have, want string) []Difference {
	if SameValue(cmp.Or(have, "0"), cmp.Or(want, "0")) {
		return list
	}
	return append(list, Difference{what, have, want})
}

// listed tells whether a key's line is a list of options.
func listed(key string) bool {
	_, _, drive := splitKey(key)
	return drive || strings.HasPrefix(key, "net") || strings.HasPrefix(key, "ipconfig")
}

// parts are the options of a line by name; a drive's volume has none.
func parts(key, line string) map[string]string {
	options := ParseOptions(line)
	named := map[string]string{}
	if strings.HasPrefix(key, "net") {
		named["model"], named["MAC"], options = SplitNIC(options)
	}
	for _, o := range options {
		named[o.Key] = o.Value
	}
	return named
}

func both(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
