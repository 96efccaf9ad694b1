package cloudflare

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Codes that decide. Texts have changed several times.
const (
	codeNoRecord     = 81044
	codeQuota        = 81045
	codeHasCNAME     = 81054
	codeHasAddress   = 81053
	codeExists       = 81057
	codeIdentical    = 81058
	codeDenied       = 10000
	codeUnauthorized = 9109
	codeBadToken     = 1000
	codeBadHeaders   = 6003
	codeBadFormat    = 6111
	codeNoRoute      = 7003
	codeNoZone       = 1001
)

// meaning of a code.
type meaning struct {
	kind error  // nil: it passes, or the caller knows what to do
	hint string // what to do about it
	wide bool   // it is about the zone or the token, not about one record
}

func meanings() map[int]meaning {
	const token = "Check the API token: it has to be active, allowed from this server's address, and allowed to read this zone."
	return map[int]meaning{
		codeNoRecord:     {},
		codeExists:       {},
		codeIdentical:    {},
		codeQuota:        {kind: dns.ErrRefused, hint: "The plan of this zone allows no more records: remove some at Cloudflare or change the plan."},
		codeHasCNAME:     {kind: dns.ErrForeign, hint: "Remove the CNAME record at Cloudflare or choose another name."},
		codeHasAddress:   {kind: dns.ErrForeign, hint: "Remove the other record at Cloudflare or choose another name."},
		codeDenied:       {kind: dns.ErrRefused, wide: true, hint: "The API token needs the DNS edit permission (and Zone Read) for this zone; check the zone ID too."},
		codeUnauthorized: {kind: dns.ErrRefused, wide: true, hint: token},
		codeBadToken:     {kind: dns.ErrRefused, wide: true, hint: token},
		codeBadHeaders:   {kind: dns.ErrRefused, wide: true, hint: "Enter the API token again."},
		codeBadFormat:    {kind: dns.ErrRefused, wide: true, hint: "Enter the API token again."},
		codeNoRoute:      {kind: dns.ErrRefused, wide: true, hint: "Check the zone ID."},
		codeNoZone:       {kind: dns.ErrRefused, wide: true, hint: "Check the zone ID."},
	}
}

// refusal is Cloudflare's no.
type refusal struct {
	status int
	codes  []int
	text   string
	meaning
}

func (r *refusal) Error() string { return strings.TrimSpace(r.text + " " + r.hint) }
func (r *refusal) Unwrap() error { return r.kind }

// refused reads an answer that says no. What 5xx and 429 say passes; of several codes the first known one counts, and codes
// that nobody knows are a lasting no.
func refused(status int, entries []entry) *refusal {
	r := &refusal{status: status}
	texts := []string{}
	r.collect(entries, &texts)
	r.text = "Cloudflare: " + strings.Join(texts, " ")
	if len(texts) == 0 {
		r.text = fmt.Sprintf("Cloudflare answered HTTP %d without a reason.", status)
	}
	if status/100 == 5 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout {
		return r
	}
	r.meaning = meaning{kind: dns.ErrRefused, wide: status == http.StatusUnauthorized || status == http.StatusForbidden}
	for _, code := range slices.Backward(r.codes) {
		if m, ok := meanings()[code]; ok {
			r.meaning = m
		}
	}
	return r
}

func (r *refusal) collect(entries []entry, texts *[]string) {
	for _, e := range entries {
		r.codes = append(r.codes, e.Code)
		*texts = append(*texts, fmt.Sprintf("%s (%d)", strings.TrimSpace(e.Message), e.Code))
		r.collect(e.Chain, texts)
	}
}

// codes of an error; none when Cloudflare did not say no.
func codes(err error) []int {
	var r *refusal
	if !errors.As(err, &r) {
		return nil
	}
	return r.codes
}

// says tells whether an error has one of the codes.
func says(err error, any ...int) bool {
	return slices.ContainsFunc(codes(err), func(c int) bool { return slices.Contains(any, c) })
}

// wide tells an error that every call for this zone would meet.
func wide(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.wide
}

// problem is an error of our own with a text for a person.
type problem struct {
	kind error
	text string
}

func (p *problem) Error() string { return p.text }
func (p *problem) Unwrap() error { return p.kind }

func complain(kind error, format string, args ...any) error {
	return &problem{kind, fmt.Sprintf(format, args...)}
}
