package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// HeaderNameList marks an answer that dns.php may hand on as it is; refusals by the wire do not have it.
const HeaderNameList = "X-Kvmbridge-List"

// NameList is the list behind dns.php.
type NameList interface {
	// Ask decides what somebody outside gets. It has the whole list at hand before it answers 200; an error is a fault, which
	// is answered with 503. Safe for concurrent use.
	Ask(ctx context.Context, ask NameListArgs) (NameListAnswer, error)
}

// NameListArgs are what PHP saw of a request to dns.php; nothing in it has been checked.
type NameListArgs struct {
	Address       string `json:"address" maxLength:"100" doc:"where the connection came from"`
	Method        string `json:"method" maxLength:"100"`
	Token         Secret `json:"token" maxLength:"10000" required:"false" doc:"from the query"`
	Authorization Secret `json:"authorization" maxLength:"10000" required:"false" doc:"the header"`
	IfNoneMatch   string `json:"if_none_match" maxLength:"10000" required:"false" doc:"the header"`
}

// NameListAnswer is what goes out.
type NameListAnswer struct {
	Status     int                   // 200 or 304; any other has Why
	Why        string                // sentence for the caller
	RetryAfter int                   // seconds, of 429
	ETag       string                // of 200 and 304
	Size       int64                 // bytes that Copy writes
	Copy       func(io.Writer) error // writes the JSON; nil when only the head was asked for
}

// Shapes for the contract.
type (
	nameEntry struct {
		Forward string `json:"forward" doc:"domain of the service"`
		IP      string `json:"ip" doc:"address, IPv6 in full"`
		Reverse string `json:"reverse" doc:"reverse name of the address"`
	}
	nameListError struct {
		Error string `json:"error" doc:"for people"`
	}
)

// handOut registers the list: POST like any command, but the answer is what dns.php prints.
func (s *Server) handOut(api huma.API, route, summary string) {
	operation := huma.Operation{
		Method: http.MethodPost, Path: route, Summary: summary, OperationID: "dnslist", Tags: []string{"dns"},
		MaxBodyBytes: -1, BodyReadTimeout: -1, // as for commands
		Responses: nameListResponses(api),
		Errors:    []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusInternalServerError},
	}
	huma.Register(api, operation, func(ctx context.Context, in *input[NameListCall]) (*huma.StreamResponse, error) {
		asking, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		answer, err := s.names.Ask(asking, in.Body.Args)
		if err != nil {
			s.log.ErrorContext(ctx, "the list of names cannot be given out", "err", err, "request_id", requestID(ctx))
			answer = NameListAnswer{Status: http.StatusServiceUnavailable, Why: "The list cannot be read at present. Keep what the last one said and ask again later; " +
				"kvmbridge's log has the reason under request " + requestID(ctx) + "."}
		}
		return &huma.StreamResponse{Body: func(out huma.Context) { s.write(ctx, out, answer) }}, nil
	})
}

func nameListResponses(api huma.API) map[string]*huma.Response {
	registry := api.OpenAPI().Components.Schemas
	all := map[string]*huma.Response{"304": {Description: "the list is the one that the caller has"}}
	describe := func(status int, what string, shape reflect.Type) {
		schema := registry.Schema(shape, true, "")
		all[strconv.Itoa(status)] = &huma.Response{Description: what, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	describe(http.StatusOK, "one entry per address", reflect.TypeFor[[]nameEntry]())
	for _, status := range []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusTooManyRequests, http.StatusServiceUnavailable,
	} {
		describe(status, http.StatusText(status), reflect.TypeFor[nameListError]())
	}
	return all
}

// write sends answer. A list that breaks off is shorter than its Content-Length says, which ends the connection.
func (s *Server) write(ctx context.Context, out huma.Context, a NameListAnswer) {
	for name, value := range a.head() {
		if value != "" {
			out.SetHeader(name, value)
		}
	}
	out.SetStatus(a.Status)
	if err := a.body(out.BodyWriter()); err != nil {
		s.log.WarnContext(ctx, "the list of names broke off", "err", err, "request_id", requestID(ctx))
	}
}

func (a NameListAnswer) head() map[string]string {
	head := map[string]string{HeaderNameList: "1", "Content-Type": "application/json", "Cache-Control": "private, no-cache", "ETag": a.ETag}
	switch a.Status {
	case http.StatusUnauthorized:
		head["WWW-Authenticate"] = "Bearer"
	case http.StatusMethodNotAllowed:
		head["Allow"] = "GET, HEAD"
	case http.StatusTooManyRequests:
		head["Retry-After"] = strconv.Itoa(a.RetryAfter)
	}
	if a.Copy != nil {
		head["Content-Length"] = strconv.FormatInt(a.Size, 10)
	}
	return head
}

func (a NameListAnswer) body(w io.Writer) error {
	out, _ := w.(http.ResponseWriter) // echo's always is
	control := http.NewResponseController(out)
	switch {
	case a.Why != "":
		return json.NewEncoder(w).Encode(nameListError{a.Why})
	case a.Copy != nil:
		return (&patient{w, control}).all(a.Copy)
	default:
		return control.Flush() // before the end, else it would say that the list is empty
	}
}

// patient gives every part of a long answer a time of its own, so that a reader who has stopped lets go of it.
type patient struct {
	io.Writer
	control *http.ResponseController
}

const patience = 30 * time.Second

// all ends without a deadline: it would hold for the next request on the connection too.
func (p *patient) all(copyTo func(io.Writer) error) error {
	err := copyTo(p)
	if err == nil {
		err = p.control.Flush()
	}
	_ = p.control.SetWriteDeadline(time.Time{}) // recorders of tests have none
	return err
}

func (p *patient) Write(part []byte) (int, error) {
	err := p.control.SetWriteDeadline(clock.System{}.Now().Add(patience))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.Writer.Write(part)
}
