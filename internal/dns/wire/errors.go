package wire

import (
	"errors"
	"io"
	"syscall"
)

// ErrTooLong is an answer over its limit; another try brings the same.
var ErrTooLong = errors.New("the answer is longer")

// TransportError is a call without a usable answer. It passes by itself: it matches none of the sentinels of package dns.
type TransportError struct {
	// Sent: there was a connection, so the server may have carried the request out.
	Sent  bool
	Cause error
}

func (e *TransportError) Error() string {
	if e.Sent && Cut(e.Cause) {
		return "the server closed the connection without an answer"
	}
	return e.Cause.Error()
}
func (e *TransportError) Unwrap() error { return e.Cause }

// Unsent tells a call that surely never reached the server.
func Unsent(err error) bool {
	var t *TransportError
	return errors.As(err, &t) && !t.Sent
}

// Cut tells a connection that the other side closed.
func Cut(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
