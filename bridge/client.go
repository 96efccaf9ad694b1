package bridge

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	encodingpem "encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	clientTimeout = 30 * time.Second
	mostAnswer    = 8 << 20 // bytes
)

// Client asks a Server as the PHP modules do. It is safe for concurrent use.
type Client struct {
	base   string
	signer Signer
	http   *http.Client
}

// NewClient speaks to "unix:///path", "http://host:port" or "https://host:port"; a path behind the host is kept.
func NewClient(address string, signer Signer) (*Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	c := &Client{base: strings.TrimRight(address, "/"), signer: signer, http: &http.Client{Timeout: clientTimeout, Transport: transport}}
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
		c.base = "http://localhost"
	}
	if u, err := url.Parse(c.base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("open a client for %q: want unix:///path, http://host:port or https://host:port", address)
	}
	return c, nil
}

// Trust has TLS accept the certificate in pem, by whatever name the service was called, and no other.
func (c *Client) Trust(pem []byte) error {
	block, _ := encodingpem.Decode(pem)
	if block == nil {
		return errors.New("there is no PEM certificate in it")
	}
	transport, _ := c.http.Transport.(*http.Transport)                                              // made by NewClient
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true} //nolint:gosec // compared below
	transport.TLSClientConfig.VerifyConnection = func(s tls.ConnectionState) error {
		if !bytes.Equal(s.PeerCertificates[0].Raw, block.Bytes) {
			return errors.New("the service shows another certificate than the configured one")
		}
		return nil
	}
	return nil
}

// Close gives up idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Module calls a function of the server module; call is a CallOf.
func (c *Client) Module(ctx context.Context, function string, call any) (Answer, error) {
	return c.Post(ctx, "/v1/module/"+function, call)
}

// Addon calls a function of the addon; call is an AddonOf.
func (c *Client) Addon(ctx context.Context, function string, call any) (Answer, error) {
	return c.Post(ctx, "/v1/addon/"+function, call)
}

// DeliverOutbox rings as WHMCS's cron hook does.
func (c *Client) DeliverOutbox(ctx context.Context, call AddonCall) (Answer, error) {
	return c.Post(ctx, "/v1/outbox/deliver", call)
}

// Tasks runs tasks; each line is said as it comes, and exit is what the command line ends with. A refusal is an error that is
// its sentence. It may take as long as it says something.
func (c *Client) Tasks(ctx context.Context, call TaskCall, say func(line string)) (exit int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(mostSilence, func() { cancel(errSilent) })
	defer silent.Stop()
	resp, err := c.send(ctx, &http.Client{Transport: c.http.Transport}, "/v1/tasks/run", call)
	if err != nil {
		return 1, cmp.Or(context.Cause(ctx), err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.Header.Get(HeaderTasks) == "" {
		answer, err := ReadAnswer(resp)
		return 1, cmp.Or(err, answer.Err())
	}
	exit, err = readTasks(resp.Body, func() { silent.Reset(mostSilence) }, say)
	if err != nil {
		err = fmt.Errorf("the tasks go on, but the answer broke off: %w", cmp.Or(context.Cause(ctx), err))
	}
	return exit, err
}

// mostSilence is several times the pulse of a stream.
const mostSilence = 25 * time.Second

var errSilent = fmt.Errorf("nothing was heard for %s", mostSilence)

func readTasks(body io.Reader, heard func(), say func(line string)) (exit int, err error) {
	for in := json.NewDecoder(body); ; {
		var l TaskLine
		if err := in.Decode(&l); err != nil {
			return 1, err
		}
		heard()
		if l.Line != nil {
			say(*l.Line)
		}
		if l.Exit != nil {
			return *l.Exit, nil
		}
	}
}

// Post signs and sends v as JSON. The error tells of a lost or unreadable answer; a refusal is an Answer, see Answer.Err.
func (c *Client) Post(ctx context.Context, path string, v any) (Answer, error) {
	resp, err := c.send(ctx, c.http, path, v)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	return ReadAnswer(resp)
}

func (c *Client) send(ctx context.Context, over *http.Client, path string, v any) (*http.Response, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("post %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("post %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	c.signer.Sign(req, body)
	resp, err := over.Do(req)
	if err != nil {
		return nil, fmt.Errorf("post %s: %w", path, err)
	}
	return resp, nil
}

// ErrNotAnswer is what came complete and is not an Answer, such as a page in HTML.
var ErrNotAnswer = errors.New("not an answer of kvmbridge")

// ReadAnswer reads the body of resp; it does not close it. Anything but an Answer in JSON is an error that says what came:
// ErrNotAnswer, or the fault that broke it off.
func ReadAnswer(resp *http.Response) (Answer, error) {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return Answer{}, fmt.Errorf("read answer: %w", err)
	}
	var a Answer
	if err := json.Unmarshal(raw, &a); err != nil || a.Result != ResultSuccess && a.Result != ResultError {
		return Answer{}, fmt.Errorf("read answer: HTTP %d with %d bytes of %q: %w",
			resp.StatusCode, len(raw), resp.Header.Get("Content-Type"), ErrNotAnswer)
	}
	a.Status = resp.StatusCode
	return a, nil
}
