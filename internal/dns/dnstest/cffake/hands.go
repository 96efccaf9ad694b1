package cffake

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Call is a request that was seen, whatever became of it.
type Call struct {
	Method, Path, Query, Body, Token string
	At                               time.Time
	Status                           int // 0 while under way and when the connection was cut
}

// Write tells whether the call was to change something.
func (c Call) Write() bool { return c.Method != http.MethodGet }

// AddZone adds a zone, or replaces the one of that id and its records.
func (s *Server) AddZone(z Zone) {
	z.Status, z.Type, z.Plan = cmp.Or(z.Status, "active"), cmp.Or(z.Type, "full"), cmp.Or(z.Plan, "free")
	z.Quota, z.Operations = cmp.Or(z.Quota, 200), cmp.Or(z.Operations, 200)
	s.RemoveZone(z.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zones = append(s.zones, &zone{Zone: z, ids: &s.ids, clock: s.cfg.Clock})
}

// RemoveZone forgets a zone and its records.
func (s *Server) RemoveZone(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zones = slices.DeleteFunc(s.zones, func(z *zone) bool { return z.ID == id })
}

// RenameZone gives the zone another name and leaves its records as they are.
func (s *Server) RenameZone(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if z := s.zone(id); z != nil {
		z.Name = name
	}
}

// AddToken adds a token, or replaces the one of that value.
func (s *Server) AddToken(t Token) {
	t.Status = cmp.Or(t.Status, "active")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[t.Value] = &t
}

// Revoke makes a token unknown.
func (s *Server) Revoke(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, value)
}

// Plant puts a record into a zone as it stands, past all checks and with its spelling, and returns its id. A TTL of 0 is 300.
func (s *Server) Plant(zoneID string, r Record) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zone(zoneID)
	r.TTL = cmp.Or(r.TTL, 300)
	r.Created = s.cfg.Clock.Now()
	r.Modified = r.Created
	r.ID = z.newID()
	z.records = append(z.records, r)
	return r.ID
}

// Drop takes records out of a zone as somebody else would.
func (s *Server) Drop(zoneID, name, typ string, contents ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zone(zoneID)
	z.records = slices.DeleteFunc(slices.Clone(z.records), func(r Record) bool {
		return strings.EqualFold(r.Name, name) && r.Type == typ && slices.Contains(contents, r.Content)
	})
}

// Records of a name and type, each of which may be "" for all.
func (s *Server) Records(zoneID, name, typ string) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zone(zoneID)
	if z == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(z.records), func(r Record) bool {
		return name != "" && !strings.EqualFold(r.Name, name) || typ != "" && r.Type != typ
	})
}

// keptCalls bounds the list of calls of a server that runs for days; the older half goes.
const keptCalls = 100_000

// Calls that were seen lately, in their order.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Call, len(s.calls))
	for i, c := range s.calls {
		list[i] = *c
	}
	return list
}

// Forget empties the list of calls.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// OnWrite calls f after each call that changed something, before it is answered; nil ends that.
func (s *Server) OnWrite(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onWrite = f
}

// OnList calls f after each list of records, with the number of its page, before it is answered; nil ends that.
func (s *Server) OnList(f func(page int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onList = f
}

// Freeze lets the next lists of a zone's records show what is there now, as a replica that lags behind does.
func (s *Server) Freeze(zoneID string, lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen[zoneID] = &frozen{records: slices.Clone(s.zone(zoneID).records), left: lists}
}

// frozen is an old view of a zone's records for so many lists.
type frozen struct {
	records []Record
	left    int
}

// zone by id; nil when there is none.
func (s *Server) zone(id string) *zone {
	i := slices.IndexFunc(s.zones, func(z *zone) bool { return z.ID == id })
	if i < 0 {
		return nil
	}
	return s.zones[i]
}
