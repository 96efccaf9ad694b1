package cffake

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// bodyLimit bounds a request.
const bodyLimit = 8 << 20

// request is a call on its way through the checks.
type request struct {
	*http.Request
	body  []byte
	given string // the token of the header
	token *Token
	zone  *zone
}

// verb carries a call out; it runs under the server's lock.
type verb func(*Server, *request) (answer, *refusal)

// answer is a success.
type answer struct {
	result any
	info   any  // "result_info"
	bare   bool // only "result"
	wrote  bool
	page   int // of a list of records
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call, ray := s.note(r, body)
	f := s.fault(r)
	if f.Delay > 0 && clock.Sleep(r.Context(), s.cfg.Clock, f.Delay) != nil || f.Cut {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Cf-Ray", "8f00000000"+strconv.FormatInt(int64(ray), 16)+"-FRA")
	if f.Status != 0 {
		s.done(call, f.Status)
		f.page(w)
		return
	}
	s.mux.ServeHTTP(&ending{ResponseWriter: w, call: call, server: s, cut: f.CutAfter}, r)
}

// ending cuts the connection instead of answering, if a fault says so.
type ending struct {
	http.ResponseWriter
	call   *Call
	server *Server
	cut    bool
}

// WriteHeader implements http.ResponseWriter.
func (e *ending) WriteHeader(status int) {
	if e.cut {
		panic(http.ErrAbortHandler)
	}
	e.server.done(e.call, status)
	e.ResponseWriter.WriteHeader(status)
}

// note remembers a call; ray is its number.
func (s *Server) note(r *http.Request, body []byte) (call *Call, ray int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := bearer(r)
	call = &Call{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body), Token: token, At: s.cfg.Clock.Now(),
	}
	if len(s.calls) >= keptCalls {
		s.calls = slices.Clone(s.calls[keptCalls/2:])
	}
	s.calls = append(s.calls, call)
	s.rays++
	return call, s.rays
}

func (s *Server) done(call *Call, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call.Status = status
}

// handle runs a verb behind its guards, tells the watchers and answers.
func (s *Server) handle(guards []guard, do verb) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, no := s.carryOut(w.Header(), r, guards, do)
		s.tell(a)
		if no != nil {
			reply(w, no.status, map[string]any{"success": false, "errors": no.errors, "messages": []item{}, "result": nil})
			return
		}
		whole := map[string]any{"result": a.result}
		if !a.bare {
			whole["success"], whole["errors"], whole["messages"] = true, []item{}, []item{}
		}
		if a.info != nil {
			whole["result_info"] = a.info
		}
		reply(w, http.StatusOK, whole)
	}
}

func (s *Server) carryOut(h http.Header, r *http.Request, guards []guard, do verb) (answer, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body) // in memory since ServeHTTP
	q := &request{Request: r, body: body}
	for _, g := range guards {
		if no := g(s, q, h); no != nil {
			return answer{}, no
		}
	}
	a, no := do(s, q)
	if no != nil && no.invalid && s.cfg.Wrapped {
		no = no.wrapped()
	}
	return a, no
}

// tell wakes the watchers, who may ask the server themselves.
func (s *Server) tell(a answer) {
	s.mu.Lock()
	write, list := s.onWrite, s.onList
	s.mu.Unlock()
	if a.wrote && write != nil {
		write()
	}
	if a.page > 0 && list != nil {
		list(a.page)
	}
}

func reply(w http.ResponseWriter, status int, whole any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(whole)
}
