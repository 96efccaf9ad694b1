package hestiafake

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

// Exit codes of commands (dns-providers.md §3.6).
const (
	ok          = 0
	badArgs     = 1
	invalid     = 2
	missing     = 3
	exists      = 4
	suspended   = 5
	limit       = 8
	badPassword = 9
	forbidden   = 10
	disabled    = 11
	noRestart   = 20
	noKeys      = 21
)

// statusOf is the HTTP status by which access keys learn of a code.
func statusOf(code int) int {
	switch code {
	case invalid:
		return http.StatusUnprocessableEntity
	case suspended, suspended + 1, badPassword, forbidden, noKeys:
		return http.StatusUnauthorized
	default:
		return http.StatusBadRequest
	}
}

// maxFailed bad logins cut an address off (fail2ban).
const maxFailed = 5

func (p *Panel) refuses(address string) (cut bool) {
	p.Set(func(s *State) { cut = s.Down || s.Failed[address] >= maxFailed })
	return cut
}

// login lets a request pass (nil) or says why not.
func (p *Panel) login(r request) (no *reply) {
	p.Set(func(s *State) {
		code, text := s.admit(r)
		if code == ok {
			code, text = sane(r)
		}
		if code == badPassword {
			s.Failed[r.address]++
		}
		if code != ok {
			no = s.denial(r, code, text)
		}
	})
	return no
}

func (s *State) admit(r request) (int, string) {
	if r.key != "" {
		return s.admitKey(r)
	}
	switch {
	case s.API == BySetting:
		return disabled, "Error: API Disabled"
	case !slices.Contains(s.Allowed, r.address) && !slices.Contains(s.Allowed, "allow-all"):
		return forbidden, "Error: IP is not allowed to connect with API"
	case r.hash == "" && r.user != s.Root:
		return forbidden, "Error: authentication failed"
	case r.hash != "" || r.password != s.Password:
		return badPassword, "Error: authentication failed"
	}
	return ok, ""
}

func (s *State) admitKey(r request) (int, string) {
	key, known := s.Keys[r.key]
	switch {
	case s.API == BySetting:
		return disabled, "Error: API has been disabled"
	case !slices.Contains(s.Allowed, r.address) && !slices.Contains(s.Allowed, "allow-all") && !slices.Contains(s.Allowed, "0.0.0.0"):
		return forbidden, "Error: IP is not allowed to connect with API"
	case !known || key.Secret != r.secret:
		return badPassword, "Error: Invalid secret key for key " + r.key
	case len(key.Commands) > 0 && !slices.Contains(key.Commands, r.cmd):
		return forbidden, fmt.Sprintf("Error: Key %s don't have permission to run the command %s", r.key, r.cmd)
	case key.User != s.Root && !s.UserKeys:
		return noKeys, "Error: API has been disabled"
	case key.User != s.Root && (len(r.args) == 0 || r.args[0] != key.User):
		return forbidden, fmt.Sprintf("Error: Key %s - the \"user\" argument doesn't match the key's user", r.key)
	}
	return ok, ""
}

// command names that the API passes on.
var command = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

func sane(r request) (int, string) {
	switch {
	case r.cmd == "":
		return invalid, "Error: Command not provided"
	case !command.MatchString(r.cmd):
		return invalid, "Error: " + r.cmd + " command invalid"
	}
	return ok, ""
}

func (s *State) denial(r request, code int, text string) *reply {
	no := &reply{status: statusOf(code), code: code, body: text}
	if r.code {
		no.body = strconv.Itoa(code)
	}
	if code == disabled && r.key == "" { // said twice, by two parts of the panel
		no.body = "Error: API has been disabled" + no.body
	}
	if s.Release16 && code == badPassword {
		return &reply{status: http.StatusOK, code: -1, body: text}
	}
	return no
}
