package cloudflare

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// turnedAway is how often a call is repeated that was not carried out because of the rate limit.
const turnedAway = 3

// envelope around every answer. Success may be missing: the documented schema of DELETE does not have it.
type envelope struct {
	Success *bool           `json:"success"`
	Errors  []entry         `json:"errors"`
	Result  json.RawMessage `json:"result"`
	Info    listInfo        `json:"result_info"`
}

// entry of "errors". Until October 2024 the codes of invalid records were in the chain.
type entry struct {
	Code    int     `json:"code"`
	Message string  `json:"message"`
	Chain   []entry `json:"error_chain"`
}

type listInfo struct {
	Page       int  `json:"page"`
	PerPage    int  `json:"per_page"`
	TotalCount *int `json:"total_count"`
	TotalPages int  `json:"total_pages"`
}

// get reads path into result.
func (z *Zone) get(ctx context.Context, path string, query url.Values, result any) (listInfo, error) {
	return z.call(ctx, http.MethodGet, path, query, nil, result)
}

// send writes; body and result may be nil.
func (z *Zone) send(ctx context.Context, method, path string, body, result any) error {
	_, err := z.call(ctx, method, path, nil, body, result)
	return err
}

// call makes one call in its turn. Only what the rate limit turned away is repeated. Errors are *refusal, what
// wire.Client.Do and pace.wait return, or, for an answer that nobody can use, a *wire.TransportError.
func (z *Zone) call(ctx context.Context, method, path string, query url.Values, body, result any) (listInfo, error) {
	c := wire.Call{Method: method, URL: z.url + path, Limit: wire.List, Header: http.Header{
		"Authorization": {"Bearer " + z.token}, "Accept": {"application/json"}, "User-Agent": {"kvmbridge"},
	}}
	if len(query) > 0 {
		c.URL += "?" + query.Encode()
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return listInfo{}, err
		}
		c.Body = raw
		c.Header.Set("Content-Type", "application/json")
	}
	for again := 0; ; again++ {
		if err := z.account.pace.wait(ctx); err != nil {
			return listInfo{}, err
		}
		began := z.account.clock.Now()
		a, err := z.account.http.Do(ctx, c)
		busy := err == nil && z.account.pace.heed(a.Status, a.Header)
		e := envelope{}
		if err == nil {
			e, err = z.open(a)
		}
		z.note(ctx, method, path, a, z.account.clock.Now().Sub(began), err)
		if !busy || again == turnedAway {
			return z.unpack(e, result, err)
		}
	}
}

// open judges an answer.
func (z *Zone) open(a wire.Answer) (envelope, error) {
	var e envelope
	switch err := json.Unmarshal(a.Body, &e); {
	case err != nil && a.Status/100 == 4 && a.Status != http.StatusTooManyRequests:
		return e, z.secrets.Error(refused(a.Status, nil))
	case err != nil:
		return e, &wire.TransportError{Sent: true, Cause: complain(nil, "Cloudflare answered HTTP %d without data; that passes as a rule", a.Status)}
	case a.Status/100 != 2 || e.Success != nil && !*e.Success:
		return e, z.secrets.Error(refused(a.Status, e.Errors))
	}
	return e, nil
}

func (z *Zone) unpack(e envelope, result any, err error) (listInfo, error) {
	if err != nil || result == nil {
		return e.Info, err
	}
	if json.Unmarshal(e.Result, result) != nil {
		return e.Info, &wire.TransportError{Sent: true, Cause: complain(nil, "Cloudflare answered something else than was asked for")}
	}
	return e.Info, nil
}

// note writes the call into the log: no query, no headers but the one that Cloudflare's support asks for, no bodies.
func (z *Zone) note(ctx context.Context, method, path string, a wire.Answer, took time.Duration, err error) {
	log := z.log.With("verb", method, "path", path, "status", a.Status, "took", took)
	if err == nil {
		log.DebugContext(ctx, "cloudflare call")
		return
	}
	log.WarnContext(ctx, "cloudflare call failed", "codes", codes(err), "ray", a.Header.Get("Cf-Ray"), "error", err)
}

// path of something in the zone; parts are ids and fixed words.
func (z *Zone) path(parts ...string) string {
	for i := range parts {
		parts[i] = "/" + url.PathEscape(parts[i])
	}
	return "/zones/" + z.id + strings.Join(parts, "")
}
