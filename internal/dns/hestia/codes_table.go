package hestia

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// Exit codes (dns-providers.md §3.6).
const (
	unknown     = -1
	badArgs     = 1
	invalid     = 2
	missing     = 3
	exists      = 4
	suspended   = 5
	full        = 8
	badPassword = 9
	forbidden   = 10
	disabled    = 11
	diskFull    = 13
	busy        = 14
	noConnect   = 15
	noRestart   = 20
	noKeys      = 21
)

// meaning of an exit code.
type meaning struct {
	lasting bool // until a person mends something
	text    string
}

//nolint:gochecknoglobals // immutable table
var meanings = map[int]meaning{
	badArgs:     {true, "the panel does not know the command or misses arguments; is it a current HestiaCP"},
	invalid:     {true, "the panel does not accept the record"},
	missing:     {true, "the panel does not have what was asked for"},
	exists:      {false, "the panel has the record already"},
	suspended:   {true, "the zone or its owner is suspended; end that in the panel"},
	6:           {true, "the panel wants it suspended first"},
	7:           {true, "the panel says it is in use"},
	full:        {true, "the owner's package allows no more records in this zone; raise its limit DNS_RECORDS in the panel"},
	badPassword: {true, "the panel does not accept the admin user and password, or the access key"},
	forbidden:   {true, "the panel does not allow the call: the address of this host is not on the API's allow-list, the user is not the panel's root user, or the access key lacks the command"},
	disabled:    {true, "the API or DNS is switched off; switch it on in the panel under Server settings, Security"},
	12:          {true, "the panel could not read its own files"},
	diskFull:    {false, "the panel's disk is full"},
	busy:        {false, "the panel's load is too high"},
	noConnect:   {false, "the panel could not reach a service of its own"},
	noRestart:   {false, "the name server could not be reloaded"},
	noKeys:      {true, "access keys of ordinary users are not enabled; set \"API for all users\" in the panel or use a key of the admin"},
}

// forbiddances are texts that code 10 comes with, and what to do.
//
//nolint:gochecknoglobals // immutable table
var forbiddances = []struct{ said, text string }{
	{"IP is not allowed", "the panel does not take API calls from the address of this host; add it to the allow-list under Server settings, Security, API"},
	{"authentication failed", "the admin user is not the panel's root user"},
	{"permission to run", "the access key may not run the command; give its permissions all that list, add, change and delete DNS records"},
	{"match the key's user", "the access key belongs to another user than the owner of the zone"},
}

// failure is an answer that is not a success.
type failure struct {
	code   int
	status int    // HTTP
	said   string // the panel's words, without "Error: "
	odd    bool   // the answer is none that the call can have
}

func (f *failure) Error() string {
	text := f.text()
	switch {
	case f.said != "" && f.code == unknown:
		return fmt.Sprintf("%s: %q", text, f.said)
	case f.said != "":
		return fmt.Sprintf("%s (HestiaCP code %d: %s)", text, f.code, f.said)
	case f.code != unknown:
		return fmt.Sprintf("%s (HestiaCP code %d)", text, f.code)
	}
	return text
}

func (f *failure) text() string {
	switch {
	case f.status == http.StatusNotFound:
		return "there is no HestiaCP API at this address (HTTP 404): it was removed from the panel, or the server's address is wrong"
	case f.status == http.StatusMethodNotAllowed:
		return "the address does not take the call (HTTP 405); is it that of a HestiaCP panel"
	case f.odd:
		return "unexpected answer of the panel"
	}
	if f.code == forbidden {
		for _, b := range forbiddances {
			if strings.Contains(f.said, b.said) {
				return b.text
			}
		}
	}
	if m, ok := meanings[f.code]; ok {
		return m.text
	}
	return fmt.Sprintf("the panel cannot answer (HTTP %d)", f.status)
}

// Is matches dns.ErrRefused for what lasts.
func (f *failure) Is(target error) bool {
	return target == dns.ErrRefused && (meanings[f.code].lasting || f.status == http.StatusNotFound || f.status == http.StatusMethodNotAllowed)
}

// overloaded tells codes by which the panel says that it did nothing, for now.
func (f *failure) overloaded() bool {
	return f.code == diskFull || f.code == busy || f.code == noConnect
}

// codeOf is the exit code in an error; unknown when it has none.
func codeOf(err error) int {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return unknown
}

// passes tells what is worth another try within this call: nothing was sent, the panel is overloaded, a web server in front failed.
func passes(err error) bool {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.status >= http.StatusInternalServerError || f.overloaded()
	}
	return wire.Unsent(err) && !untrusted(err) || wire.Cut(err)
}

// mayHaveRun tells a write whose outcome is unknown, and whether it may still run.
func mayHaveRun(err error) (open, running bool) {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code == unknown && !dns.Lasting(err), f.status == http.StatusGatewayTimeout
	}
	t, ok := errors.AsType[*wire.TransportError](err)
	ended := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	return ok && t.Sent, ended
}
