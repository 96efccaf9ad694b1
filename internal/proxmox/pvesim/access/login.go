package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// TicketLife is how long a ticket is accepted (pve-behaviour §2).
const TicketLife = 2 * time.Hour

// Login failures. The texts are what releases 7 and 8 say; release 9 says one sentence for all.
var (
	ErrNoTicket  = errors.New("No ticket")            //nolint:staticcheck // the real text
	ErrSecret    = errors.New("invalid token value!") //nolint:revive // the real text
	ErrBadTicket = errors.New("permission denied - invalid PVE ticket")
	ErrCSRF      = errors.New("Permission denied - invalid csrf token") //nolint:staticcheck // the real text
	ErrVNC       = errors.New("permission denied - invalid PVEVNC ticket")
)

// CheckPassword tells whether the pair may log in; a valid ticket is a password, too.
func (r *Registry) CheckPassword(name, password string, now time.Time) bool {
	u, ok := r.users[name]
	if !ok || u.Disabled {
		return false
	}
	if who, err := r.CheckTicket(password, now); err == nil && who.User == name {
		return true
	}
	return u.Password != "" && equal(u.Password, password)
}

// CheckToken reads the value of an Authorization header.
func (r *Registry) CheckToken(header string, now time.Time) (Identity, error) {
	raw, ok := strings.CutPrefix(header, "PVEAPIToken=")
	if !ok {
		return Identity{}, ErrNoTicket
	}
	if plain, err := url.PathUnescape(raw); err == nil {
		raw = plain
	}
	id, secret, _ := strings.Cut(raw, "=")
	user, name, ok := strings.Cut(id, "!")
	if !ok {
		return Identity{}, ErrNoTicket
	}
	if err := r.usable(user); err != nil {
		return Identity{}, err
	}
	t, known := r.tokens[id]
	switch {
	case !known:
		return Identity{}, fmt.Errorf("no such token '%s' for user '%s'", name, user)
	case !t.Expire.IsZero() && now.After(t.Expire):
		return Identity{}, fmt.Errorf("token '%s' access expired", name)
	case !equal(t.Secret, secret):
		return Identity{}, ErrSecret
	}
	return Identity{User: user, Token: name}, nil
}

func (r *Registry) usable(user string) error {
	u, ok := r.users[user]
	switch {
	case !ok:
		return fmt.Errorf("no such user ('%s')", user)
	case u.Disabled:
		return fmt.Errorf("user '%s' is disabled", user)
	}
	return nil
}

// Ticket makes a login ticket.
func (r *Registry) Ticket(user string, now time.Time) string {
	return r.signed("PVE:"+user, now, "")
}

// CheckTicket reads a login ticket.
func (r *Registry) CheckTicket(ticket string, now time.Time) (Identity, error) {
	plain, at, ok := r.opened(ticket, "")
	user, isLogin := strings.CutPrefix(plain, "PVE:")
	if !ok || !isLogin || now.Sub(at) > TicketLife || r.usable(user) != nil {
		return Identity{}, ErrBadTicket
	}
	return Identity{User: user}, nil
}

// CSRF makes the token that must accompany a ticket on everything but GET.
func (r *Registry) CSRF(user string, now time.Time) string {
	stamp := fmt.Sprintf("%08X", now.Unix())
	return stamp + ":" + r.sign(stamp+":"+user)
}

// CheckCSRF tells whether the token belongs to the user and is as young as a ticket must be.
func (r *Registry) CheckCSRF(token, user string, now time.Time) bool {
	stamp, sig, _ := strings.Cut(token, ":")
	sec, err := strconv.ParseInt(stamp, 16, 64)
	return err == nil && now.Sub(time.Unix(sec, 0)) <= TicketLife && equal(sig, r.sign(stamp+":"+user))
}

// VNCTicket makes a console ticket bound to the caller and a permission path.
func (r *Registry) VNCTicket(id Identity, path string, now time.Time) string {
	return r.signed("PVEVNC", now, id.String()+":"+path)
}

// CheckVNC tells whether a console ticket is the caller's, for this path, and at most 40 s old.
func (r *Registry) CheckVNC(ticket string, id Identity, path string, now time.Time) error {
	if i := strings.Index(ticket, "PVEVNC:"); i > 0 {
		ticket = ticket[i:]
	}
	plain, at, ok := r.opened(ticket, id.String()+":"+path)
	age := now.Sub(at)
	if !ok || plain != "PVEVNC" || age > 40*time.Second || age < -20*time.Second {
		return ErrVNC
	}
	return nil
}

func (r *Registry) signed(plain string, now time.Time, bound string) string {
	body := fmt.Sprintf("%s:%08X", plain, now.Unix())
	return body + "::" + r.sign(body+"|"+bound)
}

func (r *Registry) opened(ticket, bound string) (plain string, at time.Time, ok bool) {
	body, sig, _ := strings.Cut(ticket, "::")
	i := strings.LastIndex(body, ":")
	if i < 0 || !equal(sig, r.sign(body+"|"+bound)) {
		return "", time.Time{}, false
	}
	sec, err := strconv.ParseInt(body[i+1:], 16, 64)
	return body[:i], time.Unix(sec, 0), err == nil
}

func (r *Registry) sign(text string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
