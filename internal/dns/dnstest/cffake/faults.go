package cffake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is something that goes wrong with certain calls. Fields that are set work together.
type Fault struct {
	Method string // "" is any
	Path   string // part of the path; "" is any
	Skip   int    // so many calls pass first
	Times  int    // so often; 0 is until Mend
	Delay  time.Duration
	// Cut ends the connection without carrying the call out; CutAfter carries it out first.
	Cut, CutAfter bool
	// Status answers this, with Body and Header, and does not carry the call out.
	Status int
	Body   string
	Header http.Header
}

// Page of an edge that could not reach its origin: no JSON.
const Page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"

// Fail adds a fault. The first one that fits a call is used.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, &f)
}

// Mend forgets all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault takes the fault of a call, if there is one.
func (s *Server) fault(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(f *Fault) bool { return f.fits(r) })
	if i < 0 {
		return Fault{}
	}
	f := s.faults[i]
	if f.Skip > 0 {
		f.Skip--
		return Fault{}
	}
	f.Times--
	return *f
}

func (f *Fault) fits(r *http.Request) bool {
	return f.Times != 0 && (f.Method == "" || f.Method == r.Method) && strings.Contains(r.URL.Path, f.Path)
}

// page answers what the fault says.
func (f Fault) page(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=UTF-8")
	for key, values := range f.Header {
		h[http.CanonicalHeaderKey(key)] = values
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(f.Body))
}
