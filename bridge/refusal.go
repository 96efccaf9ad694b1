package bridge

import (
	"fmt"
	"net/http"
)

// Codes of refusals that come from the wire itself; none of these requests reached a handler.
const (
	CodeMissingSignature = "missing_signature"
	CodeUnknownKey       = "unknown_key"
	CodeBadSignature     = "bad_signature"
	CodeStaleTime        = "stale_time"
	CodeReplayedNonce    = "replayed_nonce"
	CodeTooBusy          = "too_busy" // more signed requests within two minutes than nonces can be remembered
	CodeTooLarge         = "too_large"
	CodeBadJSON          = "bad_json"
	CodeUnknownField     = "unknown_field"
	CodeBadField         = "bad_field"
	CodeUnknownFunction  = "unknown_function"
	CodeUnknownPath      = "unknown_path"
	CodeBadMethod        = "bad_method"
	CodeNotLocal         = "not_local"
)

// Codes that the bridge gives to a command that was understood.
const (
	CodeOK            = "ok"
	CodeInternal      = "internal"   // something failed that is not for the caller's eyes; the log has it under the request id
	CodeNoService     = "no_service" // the command is about a service and the call names none
	CodeNoServer      = "no_server"  // the command is about a server and the call names none
	CodeNotForClients = "not_for_clients"
)

// Refusal is an error that the person in WHMCS may read: a machine's code and one full sentence that says what is wrong
// and what to do. A command that returns one is answered with HTTP 200, result error, this code and this sentence.
type Refusal struct { //nolint:errname // it is what a person is told, not only an error
	Code    string // lower-case words joined by underscores
	Message string
}

// Refuse makes a Refusal; the message is formatted as fmt.Sprintf does. It must hold no secret.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error is the sentence.
func (r *Refusal) Error() string { return r.Message }

// wireStatus is the HTTP status of each refusal by the wire.
func wireStatus(code string) int {
	return map[string]int{
		CodeMissingSignature: http.StatusUnauthorized,
		CodeUnknownKey:       http.StatusUnauthorized,
		CodeBadSignature:     http.StatusUnauthorized,
		CodeStaleTime:        http.StatusUnauthorized,
		CodeReplayedNonce:    http.StatusUnauthorized,
		CodeTooBusy:          http.StatusTooManyRequests,
		CodeTooLarge:         http.StatusRequestEntityTooLarge,
		CodeBadJSON:          http.StatusBadRequest,
		CodeUnknownField:     http.StatusUnprocessableEntity,
		CodeBadField:         http.StatusUnprocessableEntity,
		CodeUnknownFunction:  http.StatusNotFound,
		CodeUnknownPath:      http.StatusNotFound,
		CodeBadMethod:        http.StatusMethodNotAllowed,
		CodeNotLocal:         http.StatusForbidden,
	}[code]
}
