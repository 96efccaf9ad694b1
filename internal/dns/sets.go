package dns

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Settings of what is written.
type Settings struct {
	TTL      int    // seconds; see ClampTTL
	Instance string // of this installation, for the records' comments
}

// Limits of a TTL in seconds (dns-providers §4.4).
const (
	DefaultTTL = 300
	MinTTL     = 60
	MaxTTL     = 86400
)

// ClampTTL is the TTL that records get: DefaultTTL for 0, and never outside of the limits.
func ClampTTL(seconds int) int {
	if seconds == 0 {
		return DefaultTTL
	}
	return min(max(seconds, MinTTL), MaxTTL)
}

// Batch is the work of one zone.
type Batch struct {
	ZoneID  int64
	Changes []Change
	// Rows are what the change of the same place was made of; Settle wants them.
	Rows [][]Entry
}

// Sets turns ledger rows into changes: forward zones before reverse ones, zones by id, record sets in the order of their first
// row. Each set needs all its rows, whosever they are, in the order of their ids; sets without a row make no change. Rows
// without a zone (Decision.Orphans) and sets in which nothing is to be done are left out.
func Sets(rows []Entry, zones []Zone, s Settings) []Batch {
	atlas, order, sets := newAtlas(zones), []place(nil), map[place][]Entry{}
	for _, e := range rows {
		z, ok := atlas.home(e)
		if !ok {
			continue
		}
		at := place{z.ID, e.Name, e.Type}
		if sets[at] == nil {
			order = append(order, at)
		}
		sets[at] = append(sets[at], e)
	}
	slices.SortStableFunc(order, inTurn)
	var batches []Batch
	for _, at := range order {
		c := change(at, sets[at], s)
		c.TakeOver = c.Sole && atlas.byID[at.zone].TakeOver
		if len(c.Add)+len(c.Remove) > 0 {
			batches = join(batches, at.zone, c, sets[at])
		}
	}
	return batches
}

// inTurn puts forward zones first: whoever checks a reverse name looks the forward name up.
func inTurn(a, b place) int {
	reverse := func(p place) int { return strings.Count(string(p.kind), string(PTR)) }
	return cmp.Or(cmp.Compare(reverse(a), reverse(b)), cmp.Compare(a.zone, b.zone))
}

func join(batches []Batch, zone int64, c Change, rows []Entry) []Batch {
	if n := len(batches); n == 0 || batches[n-1].ZoneID != zone {
		batches = append(batches, Batch{ZoneID: zone})
	}
	last := &batches[len(batches)-1]
	last.Changes, last.Rows = append(last.Changes, c), append(last.Rows, rows)
	return batches
}

// change is what the rows of one record set ask for.
func change(at place, rows []Entry, s Settings) Change {
	c := Change{Name: at.name, Type: at.kind, TTL: ClampTTL(s.TTL), Sole: at.kind == PTR}
	var owners []int64
	for _, e := range rows {
		if e.wanted() {
			c.Add, owners = include(c.Add, e.Content), include(owners, e.ServiceID)
		}
	}
	if n := len(c.Add); c.Sole && n > 1 {
		// Two services claim one address: the younger claim counts, and never are there two PTR records.
		c.Add, owners = c.Add[n-1:], owners[len(owners)-1:]
	}
	c.Remove, c.Owner = removable(rows, c.Add), comment(s.Instance, owners)
	return c
}

// removable lists the values that we wrote, or may have written, and that add does not hold.
func removable(rows []Entry, add []string) []string {
	var values, foreign []string
	for _, e := range rows {
		switch {
		case !e.Ours:
			foreign = append(foreign, e.Content)
		case e.authored() && !slices.Contains(add, e.Content):
			values = include(values, e.Content)
		}
	}
	return slices.DeleteFunc(values, func(v string) bool { return slices.Contains(foreign, v) })
}

func include[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// longestComment is Cloudflare's limit on its free plan.
const longestComment = 100

// comment names the owners of a set, as many as there is room for.
func comment(instance string, owners []int64) string {
	text := "managed-by=" + strings.Map(printable, instance)
	for i, id := range owners {
		next := text + "," + strconv.FormatInt(id, 10)
		if i == 0 {
			next = text + " vm=" + strconv.FormatInt(id, 10)
		}
		if len(next) > longestComment {
			break
		}
		text = next
	}
	return text[:min(len(text), longestComment)]
}

// printable drops what is not printable ASCII.
func printable(r rune) rune {
	if r <= ' ' || r > '~' {
		return -1
	}
	return r
}
