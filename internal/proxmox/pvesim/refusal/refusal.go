package refusal

import (
	"fmt"
	"net/http"
)

// Error is a refused call. Text is the whole message without its final newline; Fields is set for
// parameter faults only (status 400).
type Error struct {
	Status int
	Text   string
	Fields map[string]string
	// Bare marks the few messages that the real API prints without a newline at the end.
	Bare bool
	// Tail is more text after the first line; it is in the body's message but not on the status line.
	Tail string
	// NoBody marks answers without any body (401 of the login check, 595, 596).
	NoBody bool
	// Plain marks answers whose body is the bare text instead of JSON (faults below the API).
	Plain bool
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Fault is a handler's failure: status 500 with the text on the status line.
func Fault(format string, args ...any) error {
	return &Error{Status: http.StatusInternalServerError, Text: fmt.Sprintf(format, args...)}
}

// Forbidden is a missing permission: status 403.
func Forbidden(text string) error {
	return &Error{Status: http.StatusForbidden, Text: text}
}

// Missing is the 403 that names a path and the privileges of which one would do.
func Missing(path, privs string) error {
	return Forbidden("Permission check failed (" + path + ", " + privs + ")")
}

// Param is a fault of one parameter: status 400 with errors.{field}.
func Param(field, format string, args ...any) error {
	return Params(map[string]string{field: fmt.Sprintf(format, args...)})
}

// Params is a fault of several parameters at once.
func Params(fields map[string]string) error {
	return &Error{Status: http.StatusBadRequest, Text: "Parameter verification failed.", Fields: fields}
}
