package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// below is a refusal of the HTTP server itself: bare text instead of JSON.
func below(status int, format string, args ...any) error {
	return &refusal.Error{Status: status, Text: fmt.Sprintf(format, args...), Plain: true}
}

// limit is the largest body in bytes.
func limit(v contract.Version) int64 {
	if v == contract.V74 {
		return 64 << 10
	}
	return 512 << 10
}

// CheckRequest refuses what the HTTP server refuses before it looks at credentials.
func CheckRequest(r *http.Request, v contract.Version) error {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		return &refusal.Error{Status: http.StatusNotImplemented, Text: fmt.Sprintf("method '%s' not available", r.Method), NoBody: true}
	}
	bodyless := r.Method == http.MethodGet || r.Method == http.MethodDelete
	switch {
	case len(r.TransferEncoding) > 0 && r.TransferEncoding[0] == "chunked":
		return below(http.StatusNotImplemented, "chunked transfer encoding not supported")
	case bodyless && r.ContentLength > 0:
		return below(http.StatusNotImplemented, "Unexpected content for method '%s'", r.Method)
	case r.ContentLength > limit(v):
		return below(http.StatusNotImplemented, "for data too large")
	}
	return nil
}

// Drain reads what a refused client is still sending, so that it gets to see the answer.
func Drain(r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 4<<20))
}

// Params reads query and body; the query wins.
func Params(r *http.Request, v contract.Version) (contract.Params, error) {
	p := contract.Params{}
	if r.ContentLength > 0 {
		body, err := io.ReadAll(io.LimitReader(r.Body, limit(v)))
		if err != nil {
			return nil, below(http.StatusInternalServerError, "error reading body: %v", err)
		}
		if err := readBody(p, r.Header.Get("Content-Type"), body); err != nil {
			return nil, err
		}
	}
	query := contract.Params{}
	readForm(query, r.URL.RawQuery)
	delete(query, "_dc")
	maps.Copy(p, query)
	return p, nil
}

func readBody(p contract.Params, contentType string, body []byte) error {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.TrimSpace(kind) {
	case "", "application/x-www-form-urlencoded":
		readForm(p, string(body))
		return nil
	case "application/json":
		return readJSON(p, body)
	}
	return below(506, "unable to parse content type '%s'", contentType)
}

// readForm splits on both separators; of a pair only the text between the first and the second "="
// survives, and a key without "=" counts as not given. A repeated key becomes a list; what a release makes
// of lists is the contract's business.
func readForm(p contract.Params, text string) {
	for pair := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '&' || r == ';' }) {
		parts := strings.Split(pair, "=")
		if len(parts) < 2 {
			continue
		}
		key, value := unescape(parts[0]), unescape(parts[1])
		old, again := p[key]
		switch {
		case !again:
			p[key] = contract.Value{Text: value}
		case old.IsList:
			p[key] = contract.Value{IsList: true, List: append(old.List, value)}
		default:
			p[key] = contract.Value{IsList: true, List: []string{old.Text, value}}
		}
	}
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func readJSON(p contract.Params, body []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return below(http.StatusInternalServerError, "malformed JSON string: %v", err)
	}
	for key, text := range raw {
		if value, given := jsonValue(text); given {
			p[key] = value
		}
	}
	return nil
}

func jsonValue(raw json.RawMessage) (contract.Value, bool) {
	text := strings.TrimSpace(string(raw))
	switch {
	case text == "null":
		return contract.Value{}, false
	case text == "true":
		return contract.Value{Text: "1", JSONBool: true}, true
	case text == "false":
		return contract.Value{Text: "0", JSONBool: true}, true
	case strings.HasPrefix(text, "["):
		return contract.Value{IsList: true, List: jsonList(raw)}, true
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return contract.Value{Text: s}, true
	}
	return contract.Value{Text: text}, true
}

func jsonList(raw json.RawMessage) []string {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	var out []string
	for _, item := range items {
		v, _ := jsonValue(item)
		out = append(out, v.Text)
	}
	return out
}
