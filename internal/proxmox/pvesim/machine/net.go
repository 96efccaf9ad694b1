package machine

import (
	"maps"
	"slices"
	"strings"
)

// Net is a parsed network card.
type Net struct {
	Model, MAC string
	Opts       map[string]string
}

//nolint:gochecknoglobals // immutable table
var models = strings.Fields(`e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er
	ne2k_isa ne2k_pci pcnet rtl8139 virtio vmxnet3`)

// ParseNet reads a network value that passed the schema, in any of the accepted spellings.
func ParseNet(text string) Net {
	n := Net{Opts: map[string]string{}}
	for part := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(part, "=")
		switch {
		case !found:
			n.Model = key
		case slices.Contains(models, key):
			n.Model, n.MAC = key, value
		case key == "model":
			n.Model = value
		case key == "macaddr":
			n.MAC = value
		default:
			n.Opts[key] = value
		}
	}
	return n
}

// String prints a card the way the configuration holds it: model and address first, options by name.
func (n Net) String() string {
	parts := []string{n.Model + "=" + n.MAC}
	for _, k := range slices.Sorted(maps.Keys(n.Opts)) {
		parts = append(parts, k+"="+n.Opts[k])
	}
	return strings.Join(parts, ",")
}

// Bridge is the bridge the card hangs on, empty for none.
func (n Net) Bridge() string { return n.Opts["bridge"] }
