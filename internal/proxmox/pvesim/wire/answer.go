package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// Paged is a list with the number of all its rows.
type Paged struct {
	Rows  any
	Total int
}

// Answer is a finished response. Reason stands on the status line; Body may be empty.
type Answer struct {
	Status int
	Reason string
	Type   string
	Body   []byte
}

const jsonType = "application/json;charset=UTF-8"

// Success is the answer to a call that worked.
func Success(data any) Answer {
	envelope := map[string]any{"data": data}
	if p, ok := data.(Paged); ok {
		envelope = map[string]any{"data": p.Rows, "total": p.Total}
	}
	return Answer{Status: http.StatusOK, Reason: "OK", Type: jsonType, Body: encode(envelope)}
}

// Failure is the answer to a refused call, in the form of the release: 7 has no message in the body.
func Failure(err error, v contract.Version) Answer {
	var e *refusal.Error
	if !errors.As(err, &e) {
		e = &refusal.Error{Status: http.StatusInternalServerError, Text: err.Error()}
	}
	a := Answer{Status: e.Status, Reason: firstLine(e.Text), Type: jsonType}
	switch {
	case e.NoBody:
		a.Type = ""
	case e.Plain:
		a.Type, a.Body = "text/plain", []byte(e.Text)
	default:
		a.Body = encode(errorBody(e, v))
	}
	return a
}

func errorBody(e *refusal.Error, v contract.Version) map[string]any {
	body := map[string]any{"data": nil}
	if len(e.Fields) > 0 {
		body["errors"] = e.Fields
	}
	if v != contract.V74 {
		message := e.Text
		if !e.Bare {
			message += "\n"
		}
		body["message"] = message + e.Tail
	}
	return body
}

// Wrapped turns an answer into the extjs form: status 200 and everything in the body.
func Wrapped(a Answer) Answer {
	var body map[string]any
	if json.Unmarshal(a.Body, &body) != nil {
		return a
	}
	success := 0
	if a.Status == http.StatusOK {
		success = 1
	}
	out := map[string]any{"success": success}
	maps.Copy(out, body)
	if success == 0 {
		out["status"], out["message"] = a.Status, a.Reason
	}
	return Answer{Status: http.StatusOK, Reason: "OK", Type: jsonType, Body: encode(out)}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"data":null}`)
	}
	return text
}

// Send writes the answer. Errors go out by hand, because only so the message gets onto the status
// line; the connection ends with them, as it does in the original.
func Send(w http.ResponseWriter, a Answer) {
	hijacker, can := w.(http.Hijacker)
	if a.Status < http.StatusBadRequest || !can {
		if a.Type != "" {
			w.Header().Set("Content-Type", a.Type)
		}
		w.WriteHeader(a.Status)
		_, _ = w.Write(a.Body)
		return
	}
	conn, buf, err := hijacker.Hijack()
	if err != nil {
		return
	}
	_, _ = fmt.Fprintf(buf, "HTTP/1.1 %d %s\r\nConnection: close\r\nServer: pve-api-daemon/3.0\r\n", a.Status, a.Reason)
	if a.Type != "" {
		_, _ = fmt.Fprintf(buf, "Content-Type: %s\r\n", a.Type)
	}
	_, _ = fmt.Fprintf(buf, "Content-Length: %d\r\n\r\n%s", len(a.Body), a.Body)
	_ = buf.Flush()
	_ = conn.Close()
}

// Drop ends the connection in the middle of an answer. A few bytes go out first: without any, Go's own client
// takes the connection for an idle one that was closed and silently sends a GET again.
func Drop(w http.ResponseWriter) {
	if hijacker, can := w.(http.Hijacker); can {
		if conn, buf, err := hijacker.Hijack(); err == nil {
			_, _ = buf.WriteString("HTTP/1.1")
			_ = buf.Flush()
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}
