package roster_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/roster"
)

// found lists the services on one page.
func found(x *roster.Index, q roster.Query) []int64 { return x.Select(q).IDs }

// hall is a list that tests look things up in.
func hall() *roster.Index {
	b := roster.NewBuilder()
	b.Client(1, "Ada", "Byron", "M&uuml;ller &amp; S&ouml;hne")
	b.Client(2, "Zo\u00cb", "Quill", "")
	b.Product(1, "VPS &lt;small&gt;")
	b.Server(1, "Frankfurt")
	b.Server(2, "Oslo")
	b.Service(10, 1, 1, 1, "Active", []byte("203.0.113.9 198.51.100.7\n2001:0db8:0000:0000:0000:0000:0000:00ab"))
	b.Record(10, 4711, "ready", []byte("vps-1-10"), []byte(`{"203.0.113.9":"Mail.example.org","2001:0db8:0000:0000:0000:0000:0000:00ab":"vps-1-10.example.net"}`))
	b.Service(11, 2, 1, 2, "Suspended", []byte("203.0.113.99"))
	b.Record(11, 4712, "clone", []byte("VPS-2-11"), []byte("no JSON"))
	b.Service(12, 2, 1, 2, "Pending", nil)
	b.Service(13, 99, 99, 99, "Terminated", nil)
	b.Record(13, 0, "remove", nil, nil)
	b.Record(9, 4799, "error_terminate", []byte("left-over"), []byte(`{"192.0.2.77":"left.example.org"}`))
	b.Place(9, 2)
	b.Worry(11)
	return b.Index()
}

func TestSelect_findsInEveryColumnAndNotation(t *testing.T) {
	t.Parallel()
	x := hall()
	for search, want := range map[string][]int64{
		"":                    {9, 10, 11, 12, 13},
		"  ":                  {9, 10, 11, 12, 13},
		"#1":                  {10, 11, 12, 13},
		"#12":                 {12},
		"ada":                 {10},
		"ADA  byron":          {10},
		"m\u00dcller & s":     {10},
		"zo\u00eb":            {11, 12},
		"<SMALL>":             {10, 11, 12},
		"oslo":                {9, 11, 12},
		"471":                 {10, 11},
		"vps-2":               {11},
		"mail.EXAMPLE":        {10},
		"left.example":        {9},
		"192.0.2.77":          {9},
		"203.0.113.9":         {10, 11},
		"203.0.113.99":        {11},
		"113.9":               {10, 11},
		"198.51.100.7/32":     {10},
		"::ffff:198.51.100.7": {10},
		"2001:db8::ab":        {10},
		"2001:DB8::00AB":      {10},
		"[2001:db8::ab]":      {10},
		"2001:db8::ab/64":     {10},
		"2001:0db8:0000:0000:0000:0000:0000:00ab": {10},
		"2001:db8:0:0:0:0:0:ab":                   {10},
		"2001:db8:0:":                             {10},
		"2001:0db8:0:00":                          {10},
		"db8::a":                                  {10},
		"2001:db8::ac":                            nil,
		"2001:db8:1:":                             nil,
		"no such":                                 nil,
		"10\n4711":                                nil,
		"%":                                       nil,
		"_":                                       nil,
		strings.Repeat("x", 1<<20):                nil,
	} {
		if d := gocmp.Diff(want, found(x, roster.Query{Search: search}), emptyIsNil()); d != "" {
			t.Errorf("search %.60q (-want +got):\n%s", search, d)
		}
	}
}

func emptyIsNil() gocmp.Option {
	return gocmp.Transformer("nil", func(l []int64) string { return fmt.Sprint(l) })
}

func TestSelect_sortsByEveryColumn(t *testing.T) {
	t.Parallel()
	x := hall()
	for column, want := range map[roster.Column][]int64{
		roster.ByService:       {9, 10, 11, 12, 13},
		roster.ByClient:        {9, 13, 10, 11, 12},
		roster.ByProduct:       {9, 13, 10, 11, 12},
		roster.ByServer:        {13, 10, 9, 11, 12},
		roster.ByVMID:          {12, 13, 10, 11, 9},
		roster.ByName:          {12, 13, 9, 10, 11},
		roster.ByStatus:        {12, 11, 9, 10, 13},
		roster.ByServiceStatus: {9, 10, 12, 11, 13},
		roster.ByAttention:     {9, 10, 12, 13, 11},
		"no column":            {9, 10, 11, 12, 13},
	} {
		if d := gocmp.Diff(want, found(x, roster.Query{Sort: column})); d != "" {
			t.Errorf("by %s (-want +got):\n%s", column, d)
		}
		slices.Reverse(want)
		if d := gocmp.Diff(want, found(x, roster.Query{Sort: column, Descending: true})); d != "" {
			t.Errorf("by %s, descending (-want +got):\n%s", column, d)
		}
	}
	if len(roster.Columns()) != 9 {
		t.Errorf("the columns are %v: add the new one above", roster.Columns())
	}
}

func TestSelect_filtersAndKeepsPagesInBounds(t *testing.T) {
	t.Parallel()
	x := hall()
	for name, c := range map[string]struct {
		q    roster.Query
		want roster.Selection
	}{
		"service status": {roster.Query{ServiceStatus: "Suspended"}, roster.Selection{IDs: []int64{11}, Page: 1, Pages: 1, Matching: 1, All: 5}},
		"VM status":      {roster.Query{Status: "ready"}, roster.Selection{IDs: []int64{10}, Page: 1, Pages: 1, Matching: 1, All: 5}},
		"both":           {roster.Query{Status: "ready", ServiceStatus: "Pending"}, roster.Selection{IDs: []int64{}, Page: 1, Pages: 1, All: 5}},
		"with a search":  {roster.Query{Status: "clone", Search: "203.0"}, roster.Selection{IDs: []int64{11}, Page: 1, Pages: 1, Matching: 1, All: 5}},
		"nobody's":       {roster.Query{Status: "no status"}, roster.Selection{IDs: []int64{}, Page: 1, Pages: 1, All: 5}},
		"second page":    {roster.Query{Size: 2, Page: 2}, roster.Selection{IDs: []int64{11, 12}, Page: 2, Pages: 3, Matching: 5, All: 5}},
		"beyond the end": {roster.Query{Size: 2, Page: 99, Descending: true}, roster.Selection{IDs: []int64{9}, Page: 3, Pages: 3, Matching: 5, All: 5}},
		"before it":      {roster.Query{Size: 2, Page: -1}, roster.Selection{IDs: []int64{9, 10}, Page: 1, Pages: 3, Matching: 5, All: 5}},
	} {
		if d := gocmp.Diff(c.want, x.Select(c.q)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	empty := roster.NewBuilder().Index()
	for _, q := range []roster.Query{{}, {Search: "x"}, {Search: "long enough"}, {Status: "ready"}, {Sort: roster.ByName, Page: 3}} {
		if d := gocmp.Diff(roster.Selection{IDs: []int64{}, Page: 1, Pages: 1}, empty.Select(q)); d != "" {
			t.Errorf("nothing there, %+v (-want +got):\n%s", q, d)
		}
	}
}

// plain is a machine of the model: texts only.
type plainMachine struct {
	id             int64
	client, name   string
	service, state string
	texts          []string
}

// The same answers as going through all machines one by one.
func TestSelect_agreesWithLookingAtEveryMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, x := draw(t)
		q := roster.Query{
			Search:        rapid.StringMatching(`[a-c0-3.:]{0,5}`).Draw(t, "search"),
			ServiceStatus: rapid.SampledFrom([]string{"", "Active", "Pending"}).Draw(t, "service status"),
			Status:        rapid.SampledFrom([]string{"", "ready", "clone"}).Draw(t, "status"),
			Sort:          rapid.SampledFrom([]roster.Column{roster.ByService, roster.ByClient, roster.ByName, roster.ByStatus}).Draw(t, "sort"),
			Descending:    rapid.Bool().Draw(t, "descending"),
			Size:          rapid.IntRange(1, 7).Draw(t, "size"),
		}
		want := look(list, q)
		var got []int64
		for q.Page = 1; ; q.Page++ {
			s := x.Select(q)
			if s.Matching != len(want) || s.All != len(list) {
				t.Fatalf("%+v: %d of %d, want %d of %d", q, s.Matching, s.All, len(want), len(list))
			}
			got = append(got, s.IDs...)
			if q.Page == s.Pages {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v: %v, want %v", q, got, want)
		}
	})
}

func draw(t *rapid.T) (list []plainMachine, x *roster.Index) {
	b := roster.NewBuilder()
	word := rapid.StringMatching(`[a-cA-C0-3]{0,4}`)
	n := rapid.IntRange(0, 1500).Draw(t, "machines")
	if n > 30 {
		n = 1100 + n%150 // beyond what is sorted by itself
	}
	seed := rapid.SliceOfN(word, 12, 12).Draw(t, "words")
	for i := range n {
		id := int64(i*7%n + 1)
		if n%7 == 0 {
			id = int64(i + 1)
		}
		m := plainMachine{id: id, client: seed[i%5] + " " + seed[i%3], name: seed[i%12], service: []string{"Active", "Pending"}[i%2], state: []string{"ready", "clone", "remove"}[i%3]}
		v4 := netip.AddrFrom4([4]byte{byte(i % 4), byte(i % 3), 0, byte(i % 251)})
		v6 := netip.AddrFrom16([16]byte{0x20, 1, 15: byte(i % 13)})
		names, _ := json.Marshal(map[string]string{ippool.Expand(v6): seed[i%7] + "." + seed[i%2]})
		m.texts = []string{
			fmt.Sprintf("#%d", id), strconv.Itoa(i + 100), m.client + "\n", m.name, seed[i%7] + "." + seed[i%2],
			v4.String(), v6.String(), v6.StringExpanded(),
		}
		b.Client(id, seed[i%5], seed[i%3], "")
		b.Service(id, id, 0, 0, m.service, []byte(v4.String()+","+v6.String()))
		b.Record(id, i+100, m.state, []byte(m.name), names)
		list = append(list, m)
	}
	return list, b.Index()
}

func look(list []plainMachine, q roster.Query) []int64 {
	var kept []plainMachine
	whole, _ := netip.ParseAddr(q.Search)
	for _, m := range list {
		matches := slices.ContainsFunc(m.texts, func(text string) bool {
			return strings.Contains(strings.ToLower(text), q.Search) || whole.IsValid() && text == ippool.Expand(whole)
		})
		if (matches || halfTyped(m, q.Search)) && (q.Status == "" || q.Status == m.state) && (q.ServiceStatus == "" || q.ServiceStatus == m.service) {
			kept = append(kept, m)
		}
	}
	key := map[roster.Column]func(plainMachine) string{
		roster.ByService: func(plainMachine) string { return "" },
		roster.ByClient:  func(m plainMachine) string { return strings.TrimSpace(strings.ToLower(m.client)) },
		roster.ByName:    func(m plainMachine) string { return strings.ToLower(m.name) },
		roster.ByStatus:  func(m plainMachine) string { return m.state },
	}[q.Sort]
	slices.SortFunc(kept, func(a, b plainMachine) int { return cmp.Or(strings.Compare(key(a), key(b)), cmp.Compare(a.id, b.id)) })
	if q.Descending {
		slices.Reverse(kept)
	}
	var ids []int64
	for _, m := range kept {
		ids = append(ids, m.id)
	}
	return ids
}

// halfTyped tells groups of an IPv6 address without their zeros, apart from the last one perhaps.
func halfTyped(m plainMachine, search string) bool {
	groups := strings.Split(search, ":")
	if len(groups) < 3 || slices.Contains(groups[:len(groups)-1], "") || strings.Contains(search, ".") {
		return false
	}
	for i, g := range groups[:len(groups)-1] {
		groups[i] = fmt.Sprintf("%04s", g)
	}
	return strings.Contains(m.texts[len(m.texts)-1], strings.Join(groups, ":"))
}

func TestSelect_isSafeForManyAtOnce(t *testing.T) {
	t.Parallel()
	x := hall()
	for _, column := range roster.Columns() {
		t.Run(string(column), func(t *testing.T) {
			t.Parallel()
			for range 50 {
				if s := x.Select(roster.Query{Sort: column, Search: "vps"}); s.Matching != 3 {
					t.Fatalf("%d machines match, want 3", s.Matching)
				}
				x.Select(roster.Query{Sort: column})
			}
		})
	}
}
