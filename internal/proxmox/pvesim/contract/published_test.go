package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

// published is the API schema of a release as reference data.
type published struct {
	Formats   map[string]publishedFormat
	Defs      map[string]publishedParam
	Endpoints map[string]map[string]publishedEndpoint
}

type publishedEndpoint struct {
	ProxyTo              string
	Protected            int
	AllowToken           *int
	AdditionalProperties *int
	Permissions          *struct {
		User  string
		Check any
	}
	Params map[string]publishedParam
}

type publishedParam struct {
	Ref        string `json:"$ref"`
	Type       string
	Optional   int
	Enum       []any
	Minimum    json.Number
	Maximum    json.Number
	MinLength  int
	MaxLength  int
	Pattern    string
	Format     string
	Requires   string
	Index      []int
	Items      map[string]string
	Alias      string
	KeyAlias   string
	DefaultKey int `json:"default_key"`
}

type publishedFormat struct {
	Kind       string
	Regex      string
	Of         string
	AnyOf      []string `json:"any_of"`
	Error      string
	Enum       []string
	Words      []string
	Literals   []string
	EnumICMP   []string `json:"enum_icmp"`
	EnumICMPv6 []string `json:"enum_icmpv6"`
	Properties map[string]publishedParam
}

// readPublished finds the reference folder above the project, where there is one.
func readPublished(t *testing.T, v Version) published {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		raw, readErr := os.ReadFile(filepath.Join(dir, "shared", "reference", "pve-api", "pve-"+string(v)+".json"))
		if readErr != nil {
			continue
		}
		var p published
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatalf("read published contract %s: %v", v, err)
		}
		return p
	}
	t.Skip("../shared/reference/pve-api is absent: the tables are not compared")
	return published{}
}

// unpublished lists the endpoints that the reference leaves out, with the reason
// why they are carried all the same.
func unpublished() map[string]string {
	return map[string]string{
		"GET /cluster/options":      "clients ask it for the MAC prefix; it is part of the recorded life of a VM",
		"GET /nodes/{node}/rrddata": "load of a node over time; it is part of the recorded life of a VM",
	}
}

// differences collects what a comparison found.
type differences []string

func (d *differences) compare(where string, got, want any) {
	if reflect.DeepEqual(got, want) {
		return
	}
	*d = append(*d, fmt.Sprintf("%s: table has %v, published is %v", where, got, want))
}

func TestTables_matchPublishedContract(t *testing.T) {
	t.Parallel()
	for _, v := range Versions() {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			pub := readPublished(t, v)
			var d differences
			d.compareEndpoints(v, pub)
			d.compareFormats(v, pub)
			for _, line := range d {
				t.Error(line)
			}
		})
	}
}

func (d *differences) compareEndpoints(v Version, pub published) {
	var names, want []string
	for _, ep := range Endpoints(v) {
		name := ep.Method + " " + ep.Path
		if unpublished()[name] != "" {
			continue
		}
		names = append(names, name)
		if p, ok := pub.Endpoints[ep.Path][ep.Method]; ok {
			d.compareEndpoint(name, ep, p, pub)
		}
	}
	for path, methods := range pub.Endpoints {
		for method := range methods {
			want = append(want, method+" "+path)
		}
	}
	slices.Sort(names)
	slices.Sort(want)
	d.compare("endpoints of "+string(v), names, want)
}

func (d *differences) compareEndpoint(name string, ep *Endpoint, want publishedEndpoint, pub published) {
	d.compare(name+" allowtoken", ep.AllowToken, want.AllowToken == nil || *want.AllowToken == 1)
	d.compare(name+" proxyto", ep.ProxyToNode, want.ProxyTo == "node")
	d.compare(name+" protected", ep.Protected, want.Protected == 1)
	d.compare(name+" open", ep.takes.Open(), want.AdditionalProperties == nil || *want.AdditionalProperties == 1)
	d.compare(name+" permissions", permOf(ep.Perm), permissionOf(want))
	d.compareParams(name, ep.takes.Rows(), want.Params, pub)
}

func permissionOf(ep publishedEndpoint) any {
	switch {
	case ep.Permissions == nil:
		return "root"
	case ep.Permissions.User != "":
		return ep.Permissions.User
	}
	return ep.Permissions.Check
}

// permOf writes a Perm the way the contract is published.
func permOf(p Perm) any {
	switch p.kind {
	case permRoot:
		return "root"
	case permWorld:
		return "world"
	case permUser:
		return "all"
	case permBroken:
		return []any{"perm", p.path, p.privs[0]}
	case permAnd, permOr:
		all := []any{map[permKind]string{permAnd: "and", permOr: "or"}[p.kind]}
		for _, part := range p.parts {
			all = append(all, permOf(part))
		}
		return all
	case permPriv:
		var privs []any
		for _, priv := range p.privs {
			privs = append(privs, priv)
		}
		check := []any{"perm", p.path, privs}
		if p.any {
			check = append(check, "any", float64(1))
		}
		if p.require != "" {
			check = append(check, "require_param", p.require)
		}
		return check
	}
	return nil
}

// row is the common form of a parameter for comparison.
type row struct {
	Type, Format, Pattern, Requires, Low, High, Alias, KeyAlias string
	Required, Default, Untyped                                  bool
	Enum                                                        []string
	MinChars, MaxChars                                          int
}

func (d *differences) compareParams(where string, rows params, want map[string]publishedParam, pub published) {
	got := map[string]row{}
	for _, p := range rows {
		if _, twice := got[p.Name]; twice {
			d.compare(where+" "+p.Name, "two rows", "one row")
		}
		got[p.Name] = tableRow(p)
	}
	expected := map[string]row{}
	for name, p := range want {
		for _, full := range p.names(name, pub) {
			expected[full] = p.resolve(pub).row()
		}
	}
	names := slices.Sorted(maps.Keys(got))
	d.compare(where+" names", names, slices.Sorted(maps.Keys(expected)))
	for _, name := range names {
		if w, ok := expected[name]; ok {
			d.compare(where+" "+name, got[name], w)
		}
	}
}

func tableRow(p param) row {
	return row{
		Type: p.Kind, Format: p.Format, Pattern: p.Pattern, Requires: p.Requires, Low: p.Low, High: p.High,
		Alias: p.Alias, KeyAlias: p.KeyAlias, Required: p.Required, Default: p.Default, Untyped: p.Untyped,
		Enum: p.Enum, MinChars: p.MinChars, MaxChars: p.MaxChars,
	}
}

func (p publishedParam) resolve(pub published) publishedParam {
	if p.Ref == "" {
		return p
	}
	return pub.Defs[p.Ref]
}

// names writes scsi[n] out as scsi0, scsi1 ...
func (p publishedParam) names(name string, pub published) []string {
	base, numberedName := strings.CutSuffix(name, "[n]")
	if !numberedName {
		return []string{name}
	}
	index := p.resolve(pub).Index
	var all []string
	for i := index[0]; i <= index[1]; i++ {
		all = append(all, base+strconv.Itoa(i))
	}
	return all
}

func (p publishedParam) row() row {
	r := row{
		Type: p.Type, Format: p.Format, Pattern: p.Pattern, Requires: p.Requires, Low: p.Minimum.String(), High: p.Maximum.String(),
		Alias: p.Alias, KeyAlias: p.KeyAlias, Required: p.Optional == 0 && p.Alias == "", Default: p.DefaultKey == 1,
		Untyped: p.Type == "array" && p.Items["type"] == "", MinChars: p.MinLength, MaxChars: p.MaxLength,
	}
	for _, word := range p.Enum {
		r.Enum = append(r.Enum, fmt.Sprint(word))
	}
	return r
}

func (d *differences) compareFormats(v Version, pub published) {
	table := schema.Formats(v)
	d.compare("formats of "+string(v), slices.Sorted(maps.Keys(table)), slices.Sorted(maps.Keys(pub.Formats)))
	for name, want := range pub.Formats {
		f := table[name]
		if f == nil {
			continue
		}
		where := "format " + name
		d.compareParams(where, f.Keys(), want.Properties, pub)
		d.compare(where+" of", f.Each, want.Of)
		if want.Kind == "scalar" {
			d.compareScalar(v, where, f, want)
		}
	}
}

func (d *differences) compareScalar(v Version, where string, f *schema.Format, want publishedFormat) {
	if f.Expr != "" && want.Regex != "" {
		d.compare(where+" regex", f.Expr, want.Regex)
	}
	if !f.Coded() {
		d.compare(where+" error", f.Fault, want.Error)
		d.compare(where+" alternatives", f.AnyOf, want.AnyOf)
	}
	for _, word := range slices.Concat(want.Enum, want.Words, want.Literals, want.EnumICMP, want.EnumICMPv6) {
		d.compare(where+" accepts "+word, f.Accepts(v, word, ""), "")
	}
	if f.Words != nil && want.Enum != nil {
		d.compare(where+" words", f.Words, want.Enum)
	}
	if f.Coded() && want.Regex != "" {
		d.compareByExample(v, where, f, want)
	}
}

// compareByExample holds formats that are code here and an expression there
// against values that lie on the border.
func (d *differences) compareByExample(v Version, where string, f *schema.Format, want publishedFormat) {
	for _, value := range borderValues() {
		coded := f.Accepts(v, value, "") == ""
		expressed := perlMatches(want.Regex, value)
		if coded != expressed && !ruled(f.Name, value) {
			d.compare(where+" with "+strconv.Quote(value), coded, expressed)
		}
	}
}

// ruled names the values about which the published rule says more than its
// expression: sizes that are no power of two, VLAN ids out of range.
func ruled(name, value string) bool {
	switch name {
	case "pve-storage-zfs-blocksize":
		return !slices.Contains([]string{"4k", "0k", "4K", "1m", "4g", "x"}, value)
	case "pve-vlan-id-or-range":
		return !slices.Contains([]string{"5", "5-9", "a", "5-", "-9"}, value)
	case "pve-dir-override":
		return !strings.HasPrefix(value, "iso=")
	}
	return false
}

func borderValues() []string {
	values := []string{
		"", "a", "ab", "a-", "a.b", "a_b", "-a", "A9", "1a", "a/b", "a/b/c", "a/b/c/d", "a//b", "/a", "x",
		"4k", "0k", "4K", "1m", "4g", "5", "5-9", "5-", "-9", "iso=a/b", "iso=.", "iso=a..b", "iso=/a.b.c",
		"::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1::2:3:4:5:6:7:8", "::1.2.3.4", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
		"fe80::1%eth0", "12345::", "::g", ":::", "1::2::3", "::01.2.3.4", "2001:DB8::A", "1.2.3.4", "::1\n",
	}
	slices.SortFunc(values, cmp.Compare[string])
	return values
}

// perlMatches matches with an end anchor that tolerates one newline.
func perlMatches(expr, value string) bool {
	return regexp.MustCompile(strings.TrimSuffix(expr, "$") + `\n?$`).MatchString(value)
}
