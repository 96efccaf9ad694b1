package wire

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Limits of an answer's body in bytes.
const (
	Ordinary int64 = 1 << 20
	List     int64 = 64 << 20
)

// Options of New.
type Options struct {
	// Connect and Total bound one call; 5 s and 30 s when zero.
	Connect, Total time.Duration
	// RootCAs are the authorities; those of the system when nil.
	RootCAs *x509.CertPool
	// Fingerprint is the SHA-256 of the only certificate to accept, in hex, colons allowed; it replaces the authorities.
	Fingerprint string
	// Secrets never appear in an error.
	Secrets Secrets
}

// Client makes HTTP calls to one server. It is safe for concurrent use. It takes no proxy from the environment.
type Client struct {
	http    *http.Client
	total   time.Duration
	secrets Secrets
}

// New fails when the fingerprint is none.
func New(o Options) (*Client, error) {
	trust, err := trust(o)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: pick(o.Connect, 5*time.Second)}
	return &Client{
		total: pick(o.Total, 30*time.Second), secrets: o.Secrets,
		http: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext: dialer.DialContext, TLSClientConfig: trust, TLSHandshakeTimeout: dialer.Timeout,
				ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: 15 * time.Second,
			},
		},
	}, nil
}

func pick(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Secrets are those of the client.
func (c *Client) Secrets() Secrets { return c.secrets }

// Call is a request.
type Call struct {
	Method, URL string
	Header      http.Header
	Body        []byte
	Limit       int64 // of the answer's body; Ordinary when zero
}

// Answer is what came back, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes one call. An error is a *TransportError, or matches dns.ErrRefused when the server answers with a redirect, which
// is never followed: the credentials would go along.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	limited, cancel := context.WithTimeout(ctx, c.total)
	defer cancel()
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(limited, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	a, err := c.exchange(traced, call)
	if err == nil {
		return a, c.redirect(a)
	}
	if limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s: %w", c.total, context.DeadlineExceeded)
	}
	return Answer{}, c.secrets.Error(&TransportError{Sent: sent.Load(), Cause: bare(err)})
}

func (c *Client) exchange(ctx context.Context, call Call) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return Answer{}, err
	}
	req.Header = call.Header.Clone()
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	limit := call.Limit
	if limit == 0 {
		limit = Ordinary
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if int64(len(body)) > limit {
		return Answer{}, fmt.Errorf("%w than %d bytes", ErrTooLong, limit)
	}
	return Answer{resp.StatusCode, resp.Header, body}, err
}

func (c *Client) redirect(a Answer) error {
	if a.Status < 300 || a.Status > 399 {
		return nil
	}
	to := "elsewhere"
	if u, err := url.Parse(a.Header.Get("Location")); err == nil && u.Host != "" {
		to = u.Scheme + "://" + u.Host
	}
	return c.secrets.Error(fmt.Errorf("%w: the server redirects to %s (HTTP %d), which is never followed; enter the final address",
		dns.ErrRefused, to, a.Status))
}

// bare drops *url.Error, which prints the whole address.
func bare(err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) {
			return err
		}
		err = u.Err
	}
}
