package callback

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// DefaultTimeout bounds one request. Mail servers are slow, and PHP waits for them.
const DefaultTimeout = 30 * time.Second

// Target is where callback.php is and how requests to it are signed.
type Target struct {
	URL    string // http or https
	Host   string // Host header when URL names an address instead of the site; "" is the URL's
	Key    string // "" is bridge.KeyDefault
	Secret bridge.Secret
}

// Client sends effects to WHMCS. It is safe for concurrent use; its fields are not to be changed after the first request.
type Client struct {
	// Target is asked at every request, so that an exchanged secret or address counts at once.
	Target func(context.Context) (Target, error)
	// HTTP does the sending; nil is http.DefaultClient. Redirects are never followed, whatever it says.
	HTTP *http.Client
	// Clock stamps requests and must be real time; nil is clock.System.
	Clock clock.Clock
	// Timeout of one request; 0 is DefaultTimeout.
	Timeout time.Duration
}

// Fixed is a Target that does not change.
func Fixed(t Target) func(context.Context) (Target, error) {
	return func(context.Context) (Target, error) { return t, nil }
}

type request struct {
	ID     string `json:"id"`
	Effect string `json:"effect"`
	Args   any    `json:"args"`
}

// Send asks for any effect by its name; args must encode to a JSON object. The error is an *Error, whatever happens.
func (c *Client) Send(ctx context.Context, id, effect string, args any) (bridge.Answer, error) {
	target, err := c.Target(ctx)
	if err != nil {
		return bridge.Answer{}, &Error{NotSent, "no_target", "It is not known where WHMCS's callback is.", err}
	}
	body, err := json.Marshal(request{id, effect, args})
	if err != nil {
		return bridge.Answer{}, &Error{Refused, "bad_args", "The effect " + effect + " cannot be written as JSON.", err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	req, err := c.signed(ctx, target, body)
	if err != nil {
		return bridge.Answer{}, err
	}
	resp, err := c.client().Do(req)
	if err != nil {
		return bridge.Answer{}, c.lost(err, sent.Load(), req.URL)
	}
	defer func() { _ = resp.Body.Close() }()
	return judge(resp)
}

func (c *Client) signed(ctx context.Context, target Target, body []byte) (*http.Request, error) {
	u, err := url.Parse(target.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &Error{NotSent, "bad_url", "The callback address must be an http or https URL ending in callback.php; set it in the addon's settings.", nil}
	}
	if target.Secret == "" {
		return nil, &Error{NotSent, "no_secret", "There is no shared secret yet; activate the addon in WHMCS.", nil}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, &Error{NotSent, "bad_url", "The callback address cannot be used; set it in the addon's settings.", err}
	}
	req.Host = cmp.Or(target.Host, req.Host)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	bridge.Signer{Key: target.Key, Secret: target.Secret, Clock: c.Clock}.Sign(req, body)
	return req, nil
}

// client is a copy that stays where it is told to go: a signature is good for one address.
func (c *Client) client() *http.Client {
	client := http.Client{}
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (c *Client) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return DefaultTimeout
}

// lost is the error of a request without an answer.
func (c *Client) lost(err error, sent bool, u *url.URL) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // without the URL a second time
	}
	place := u.Scheme + "://" + u.Host + u.Path
	switch {
	case !sent:
		return &Error{NotSent, "unreachable", fmt.Sprintf("WHMCS cannot be reached at %s. Check the callback address in the addon's settings, and the web server.", place), err}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Unknown, "slow", fmt.Sprintf("WHMCS took the request at %s and did not answer within %s.", place, c.timeout()), err}
	default:
		return &Error{Unknown, "no_answer", fmt.Sprintf("WHMCS took the request at %s and the answer was lost.", place), err}
	}
}
