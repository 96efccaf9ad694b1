package cffake

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// listRecords filters, sorts and pages the records of a zone.
func listRecords(s *Server, q *request) (answer, *refusal) {
	params := q.URL.Query()
	if no := s.proper(params); no != nil {
		return answer{}, no
	}
	records := slices.Clone(s.view(q.zone))
	records = slices.DeleteFunc(records, func(r Record) bool { return !matches(r, params) })
	sorted(records, params)
	rows, info, no := page(records, params, 100, 5_000_000, s.cfg.MaxPerPage)
	if no != nil {
		return answer{}, no
	}
	if s.cfg.NoPageCount {
		delete(info, "total_pages")
	}
	pictures := make([]picture, 0, len(rows))
	for _, r := range rows {
		pictures = append(pictures, r.picture())
	}
	number, _ := whole(params, "page", 1, 1<<31)
	return answer{result: pictures, info: info, page: number}, nil
}

// view is what a list sees: the records, or those of a while ago.
func (s *Server) view(z *zone) []Record {
	f := s.frozen[z.ID]
	if f == nil || f.left == 0 {
		return z.records
	}
	f.left--
	return f.records
}

// proper refuses parameters that the documentation does not know. The real one may ignore them; here they are mistakes.
func (s *Server) proper(params url.Values) *refusal {
	known := []string{"type", "match", "search", "order", "direction", "page", "per_page", "proxied", "tag", "tag_match"}
	for name := range params {
		field, operator, _ := strings.Cut(name, ".")
		_, filter := fields()[field]
		_, operation := operators()[operator]
		if !slices.Contains(known, name) && (!filter || !operation) {
			return refuse(badParameter, name)
		}
	}
	return nil
}

// fields that can be filtered by an operator.
func fields() map[string]func(Record) string {
	return map[string]func(Record) string{
		"name":    func(r Record) string { return r.Name },
		"content": func(r Record) string { return r.Content },
		"comment": func(r Record) string { return r.Comment },
	}
}

// operators compare a field with a wanted text, both in lower case.
func operators() map[string]func(have, want string) bool {
	exact := func(have, want string) bool { return have == want }
	return map[string]func(have, want string) bool{
		"": exact, "exact": exact,
		"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains,
		"present": func(have, _ string) bool { return have != "" },
		"absent":  func(have, _ string) bool { return have == "" },
	}
}

// matches tells whether a record passes the filters: all of them, or any with match=any.
func matches(r Record, params url.Values) bool {
	found := []bool{}
	for name := range params {
		want := strings.ToLower(params.Get(name))
		field, operator, _ := strings.Cut(name, ".")
		switch get, filter := fields()[field]; {
		case filter:
			found = append(found, operators()[operator](strings.ToLower(get(r)), want))
		case name == "type":
			found = append(found, strings.EqualFold(r.Type, want))
		case name == "proxied":
			found = append(found, strconv.FormatBool(r.Proxied) == want)
		}
	}
	if params.Get("match") == "any" && len(found) > 0 {
		return slices.Contains(found, true)
	}
	return !slices.Contains(found, false)
}

func sorted(records []Record, params url.Values) {
	key := map[string]func(a, b Record) int{
		"type":    func(a, b Record) int { return cmp.Compare(a.Type, b.Type) },
		"name":    func(a, b Record) int { return cmp.Compare(a.Name, b.Name) },
		"content": func(a, b Record) int { return cmp.Compare(a.Content, b.Content) },
		"ttl":     func(a, b Record) int { return cmp.Compare(a.TTL, b.TTL) },
	}[params.Get("order")]
	if key == nil {
		return
	}
	slices.SortStableFunc(records, key)
	if params.Get("direction") == "desc" {
		slices.Reverse(records)
	}
}

// page cuts a page out of all and describes it. forced, when above 0, shortens it further.
func page[T any](all []T, params url.Values, usual, most, forced int) ([]T, map[string]any, *refusal) {
	number, ok := whole(params, "page", 1, 1<<31)
	if !ok {
		return nil, nil, refuse(badParameter, "page")
	}
	size, ok := whole(params, "per_page", usual, most)
	if !ok {
		return nil, nil, refuse(badParameter, "per_page")
	}
	if forced > 0 {
		size = min(size, forced)
	}
	from := min((number-1)*size, len(all))
	rows := all[from:min(from+size, len(all))]
	return rows, map[string]any{
		"page": number, "per_page": size, "count": len(rows), "total_count": len(all), "total_pages": (len(all) + size - 1) / size,
	}, nil
}

// whole is a parameter between 1 and most.
func whole(params url.Values, name string, usual, most int) (int, bool) {
	text := params.Get(name)
	if text == "" {
		return usual, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= most
}
