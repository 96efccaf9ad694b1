package pdns

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Call makes a call to the API below /api/v1/servers/localhost and decodes the answer into out; body and out may be nil.
func (s *Server) Call(ctx context.Context, method, path string, body, out any) (status int, err error) {
	var in io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.API+"/api/v1/servers/localhost"+path, in)
	if err != nil {
		return 0, err
	}
	req.Header.Set("X-API-Key", s.Key)
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && out != nil && resp.StatusCode < 300 {
		err = json.Unmarshal(text, out)
	}
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: HTTP %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode, err
}

// ZonePath is the path of a zone for Call; name has no trailing dot.
func ZonePath(name string) string {
	return "/zones/" + url.PathEscape(strings.ReplaceAll(name, "/", "=2F")) + "."
}

// CreateZone creates a zone of a kind (Native, Master) with name servers elsewhere.
func (s *Server) CreateZone(ctx context.Context, name, kind string) error {
	_, err := s.Call(ctx, http.MethodPost, "/zones", map[string]any{
		"name": name + ".", "kind": kind, "nameservers": []string{"ns1.example.net.", "ns2.example.net."}, "soa_edit_api": "DEFAULT",
	}, nil)
	return err
}

// DeleteZone removes a zone with all that is in it.
func (s *Server) DeleteZone(ctx context.Context, name string) error {
	_, err := s.Call(ctx, http.MethodDelete, ZonePath(name), nil, nil)
	return err
}

// Record of a set.
type Record struct {
	Content  string `json:"content"`
	Disabled bool   `json:"disabled"`
}

// Set is a set of records as the API has it; Name ends with a dot.
type Set struct {
	Name       string           `json:"name"`
	Type       string           `json:"type"`
	TTL        int64            `json:"ttl"`
	ChangeType string           `json:"changetype,omitempty"`
	Records    []Record         `json:"records"`
	Comments   []map[string]any `json:"comments,omitempty"`
}

// Zone as the API has it.
type Zone struct {
	Serial int64 `json:"serial"`
	Sets   []Set `json:"rrsets"`
}

// Patch writes sets.
func (s *Server) Patch(ctx context.Context, zone string, sets ...Set) error {
	_, err := s.Call(ctx, http.MethodPatch, ZonePath(zone), map[string]any{"rrsets": sets}, nil)
	return err
}

// Zone reads a whole zone, disabled records included.
func (s *Server) Zone(ctx context.Context, name string) (z Zone, err error) {
	_, err = s.Call(ctx, http.MethodGet, ZonePath(name), nil, &z)
	return z, err
}
