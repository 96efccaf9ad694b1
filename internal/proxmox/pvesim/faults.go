package pvesim

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
)

// Drop says when a connection is cut.
type Drop int

// Connections are kept, cut before the call had any effect, or cut after it (the answer is lost).
const (
	Keep Drop = iota
	DropBefore
	DropAfter
)

// Fault is something that goes wrong with calls. Method and Path choose them, both empty for all; "*" in
// Path is one segment, a final "**" any number. Of the matching calls the first Skip go through, then Times
// of them fail (0 = every one until removed).
type Fault struct {
	Method, Path string
	Skip, Times  int

	// Delay holds the call back before it is worked on.
	Delay time.Duration
	// Drop cuts the connection.
	Drop Drop
	// Status answers with this status instead of doing the work. 595 to 599 have no body; with HTML the
	// body is a page as a proxy in between would send it (502), else the API's JSON.
	Status int
	Reason string
	HTML   bool
	// TaskFails lets the call start its task, which then takes its time, has no effect and ends with this
	// exitstatus.
	TaskFails string
	// TaskWarnings lets a task that succeeds end with WARNINGS: n.
	TaskWarnings int
}

type armed struct {
	Fault
	seen int
}

// Fail arms a fault; remove disarms it.
func (s *Sim) Fail(f Fault) (remove func()) {
	defer s.enter()()
	a := &armed{Fault: f}
	s.faults = append(s.faults, a)
	return func() {
		defer s.enter()()
		s.faults = slices.DeleteFunc(s.faults, func(x *armed) bool { return x == a })
	}
}

func (s *Sim) matchFault(method, where string) *Fault {
	for _, a := range s.faults {
		if !a.matches(method, where) {
			continue
		}
		a.seen++
		if n := a.seen - a.Skip; n > 0 && (a.Times == 0 || n <= a.Times) {
			f := a.Fault
			return &f
		}
	}
	return nil
}

func (f Fault) matches(method, where string) bool {
	if f.Method != "" && f.Method != method {
		return false
	}
	if f.Path == "" {
		return true
	}
	pattern := f.Path
	if head, open := strings.CutSuffix(pattern, "/**"); open {
		n := strings.Count(head, "/")
		parts := strings.Split(where, "/")
		if len(parts) <= n+1 {
			return false
		}
		pattern, where = head, strings.Join(parts[:n+1], "/")
	}
	ok, err := path.Match(pattern, where)
	return ok && err == nil
}

func (f Fault) answer(v contract.Version) wire.Answer {
	if f.HTML {
		return wire.Answer{
			Status: f.Status, Reason: http.StatusText(f.Status), Type: "text/html",
			Body: []byte("<html><head><title>" + http.StatusText(f.Status) + "</title></head><body><h1>" + f.Reason + "</h1></body></html>"),
		}
	}
	return wire.Failure(&refusal.Error{Status: f.Status, Text: f.Reason, NoBody: f.Status >= 595}, v)
}
