package powerdns_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
)

// Versions that are played on the real 4.7 server: before 4.7 a zone is never filtered; since 5.0 what is filtered has
// disabled records, and since 5.0.2 (as since 4.9.12) single records can be merged by the server.
const (
	oldVersion = "4.6.4"
	newVersion = "5.0.4"
	ltsVersion = "4.9.12"
)

var versionText = regexp.MustCompile(`"version": "[^"]*"`)

func (l *lab) play(version string, c call, w *httptest.ResponseRecorder) {
	query, _ := url.ParseQuery(c.query)
	name := query.Get("rrset_name")
	switch {
	case version == "":
		l.pass(c, w)
	case strings.HasSuffix(c.path, "/servers/localhost"):
		answer := httptest.NewRecorder()
		l.pass(c, answer)
		w.WriteHeader(answer.Code)
		_, _ = w.WriteString(versionText.ReplaceAllString(answer.Body.String(), `"version": "`+version+`"`))
	case c.method == http.MethodGet && version == newVersion && name != "":
		c.query = ""
		l.filtered(c, name, w)
	case c.method == http.MethodGet && version == oldVersion && name != "":
		c.query = ""
		l.pass(c, w)
	case c.method == http.MethodPatch && version != oldVersion:
		l.merged(c, w)
	default:
		l.pass(c, w)
	}
}

// filtered answers a read by name with what the whole zone has of it.
func (l *lab) filtered(c call, name string, w *httptest.ResponseRecorder) {
	answer := httptest.NewRecorder()
	l.pass(c, answer)
	var zone map[string]any
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &zone) != nil {
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
		return
	}
	sets, _ := zone["rrsets"].([]any)
	zone["rrsets"] = slices.DeleteFunc(sets, func(s any) bool { return s.(map[string]any)["name"] != name })
	_ = json.NewEncoder(w).Encode(zone)
}

// merged turns EXTEND and PRUNE into REPLACE, as such a server does within a transaction.
func (l *lab) merged(c call, w *httptest.ResponseRecorder) {
	l.merging.Lock()
	defer l.merging.Unlock()
	var body struct {
		Sets []pdns.Set `json:"rrsets"`
	}
	if json.Unmarshal(c.body, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	zone := strings.TrimSuffix(strings.ReplaceAll(c.path[strings.LastIndex(c.path, "/")+1:], "=2F", "/"), ".")
	now := map[string]pdns.Set{}
	for _, s := range body.Sets {
		if s.ChangeType != "EXTEND" && s.ChangeType != "PRUNE" {
			now[s.Name+s.Type] = s
			continue
		}
		if len(s.Records) != 1 || s.TTL == 0 {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.WriteString(`{"error": "exactly one record and a TTL"}`)
			return
		}
		id := s.Name + s.Type
		if _, ok := now[id]; !ok {
			stands, ok := l.stands(zone, s)
			if !ok {
				l.pass(call{method: c.method, path: c.path, key: c.key, body: c.body}, w) // let the server say what is wrong
				return
			}
			now[id] = stands
		}
		now[id] = merge(now[id], s)
	}
	var sets []pdns.Set
	for _, s := range now {
		sets = append(sets, s)
	}
	c.body, _ = json.Marshal(map[string]any{"rrsets": sets})
	l.pass(c, w)
}

func (l *lab) stands(zone string, s pdns.Set) (pdns.Set, bool) {
	z, err := l.Server.Zone(l.t.Context(), zone)
	if err != nil {
		return pdns.Set{}, false
	}
	for _, have := range z.Sets {
		if have.Name == s.Name && have.Type == s.Type {
			have.Comments = nil
			return have, true
		}
	}
	return pdns.Set{Name: s.Name, Type: s.Type, TTL: s.TTL}, true
}

func merge(have, change pdns.Set) pdns.Set {
	r := change.Records[0]
	same := func(o pdns.Record) bool { return o.Content == r.Content }
	if change.ChangeType == "PRUNE" {
		have.Records = slices.DeleteFunc(have.Records, same)
	} else if !slices.ContainsFunc(have.Records, same) {
		have.Records = append(have.Records, r)
	}
	have.ChangeType = "REPLACE"
	if len(have.Records) == 0 {
		have.ChangeType = "DELETE"
	}
	return have
}
