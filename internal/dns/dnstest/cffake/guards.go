package cffake

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// guard is a check before a verb; h are the headers of the answer.
type guard func(s *Server, q *request, h http.Header) *refusal

// routes are all paths with what stands before them.
func (s *Server) routes() *http.ServeMux {
	zoned := func(right guard) []guard { return []guard{authorized, limited, known, identifiers, right} }
	mux := http.NewServeMux()
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /user/tokens/verify":                   s.handle([]guard{authorizedToVerify, limited, knownToVerify}, verify),
		"GET /accounts/{account}/tokens/verify":     s.handle([]guard{authorizedToVerify, limited, knownToVerify}, verify),
		"GET /zones":                                s.handle([]guard{authorized, limited, known}, listZones),
		"GET /zones/{zone}":                         s.handle(zoned(mayReadZone), showZone),
		"GET /zones/{zone}/dns_records":             s.handle(zoned(mayRead), listRecords),
		"POST /zones/{zone}/dns_records":            s.handle(zoned(mayWrite), createRecord),
		"POST /zones/{zone}/dns_records/batch":      s.handle(zoned(mayWrite), batch),
		"GET /zones/{zone}/dns_records/{record}":    s.handle(zoned(mayRead), showRecord),
		"PUT /zones/{zone}/dns_records/{record}":    s.handle(zoned(mayWrite), putRecord),
		"PATCH /zones/{zone}/dns_records/{record}":  s.handle(zoned(mayWrite), patchRecord),
		"DELETE /zones/{zone}/dns_records/{record}": s.handle(zoned(mayWrite), deleteRecord),
		"/": s.handle([]guard{authorized, limited, known}, nowhere),
	} {
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = "", pattern
		}
		mux.HandleFunc(strings.TrimSpace(method+" "+Prefix+path), handler)
	}
	return mux
}

func nowhere(*Server, *request) (answer, *refusal) { return answer{}, refuse(noRoute) }

func authorized(_ *Server, q *request, _ http.Header) *refusal {
	return q.authorize(noAuthorization)
}

func authorizedToVerify(_ *Server, q *request, _ http.Header) *refusal {
	return q.authorize(noAuthorizationToVerify)
}

// authorize reads the header; missing is what to say when there is none.
func (q *request) authorize(missing reason) *refusal {
	if q.Header.Get("Authorization") == "" {
		return refuse(missing)
	}
	token, ok := bearer(q.Request)
	if !ok {
		return refuse(badAuthorization)
	}
	q.given = token
	return nil
}

// bearer is the token of a request; false when it cannot be one.
func bearer(r *http.Request) (string, bool) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	odd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-'
	}
	return token, found && len(token) >= 20 && len(token) <= 100 && !strings.ContainsFunc(token, odd)
}

func limited(s *Server, q *request, h http.Header) *refusal { return s.count(q.given, h) }

func known(s *Server, q *request, _ http.Header) *refusal {
	q.token = s.tokens[q.given]
	if q.token == nil || q.token.Status != "active" {
		return refuse(unknownToken)
	}
	return q.fromAllowed()
}

func (q *request) fromAllowed() *refusal {
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	if err != nil {
		host = q.RemoteAddr
	}
	if len(q.token.IPs) > 0 && !slices.Contains(q.token.IPs, host) {
		return refuse(wrongPlace, host)
	}
	return nil
}

// knownToVerify also wants the endpoint of the token's kind.
func knownToVerify(s *Server, q *request, _ http.Header) *refusal {
	q.token = s.tokens[q.given]
	if q.token == nil {
		return refuse(unverifiedToken)
	}
	if no := q.fromAllowed(); no != nil {
		return no
	}
	if q.token.Account != q.PathValue("account") {
		return refuse(unverifiedToken)
	}
	return nil
}

// identifiers wants ids of 32 hexadecimal characters and finds the zone.
func identifiers(s *Server, q *request, _ http.Header) *refusal {
	for _, name := range []string{"zone", "record"} {
		if id := q.PathValue(name); id != "" && !isID(id) {
			return refuse(badIdentifier, q.URL.Path)
		}
	}
	q.zone = s.zone(q.PathValue("zone"))
	if q.zone == nil && s.cfg.SaysUnknown {
		return refuse(zoneUnknown)
	}
	return nil
}

func isID(text string) bool {
	return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == ""
}

func (q *request) may(r Right) bool {
	return q.zone != nil && q.token.Rights[q.zone.ID]&r == r
}

func mayReadZone(_ *Server, q *request, _ http.Header) *refusal { return q.need(ZoneRead, zoneDenied) }

func mayRead(_ *Server, q *request, _ http.Header) *refusal { return q.need(DNSRead, recordsDenied) }

func mayWrite(_ *Server, q *request, _ http.Header) *refusal { return q.need(DNSWrite, recordsDenied) }

func (q *request) need(r Right, no reason) *refusal {
	if !q.may(r) {
		return refuse(no)
	}
	return nil
}
