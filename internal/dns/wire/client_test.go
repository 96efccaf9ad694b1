package wire_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

const marker = `pa+ss w"ört%&1`

func client(t *testing.T, o wire.Options) *wire.Client {
	t.Helper()
	o.Secrets = wire.Secrets{marker}
	c, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestDo_neverFollowsARedirect(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		first := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/?key="+marker, status) })
		_, err := client(t, wire.Options{}).Do(t.Context(), wire.Call{Method: "POST", URL: first.URL, Header: http.Header{"X-Api-Key": {marker}}, Body: []byte(marker)})
		if !errors.Is(err, dns.ErrRefused) || !strings.Contains(err.Error(), other.URL) || strings.Contains(err.Error(), "key=") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the other host saw %d requests", n)
	}
}

func TestDo_takesNoProxyFromTheEnvironment(t *testing.T) { // not parallel: environment
	var proxied atomic.Int32
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { proxied.Add(1) })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	_, err := client(t, wire.Options{Connect: time.Second}).Do(t.Context(), wire.Call{Method: "GET", URL: "http://kvmbridge-test.invalid/"})
	if err == nil || proxied.Load() != 0 {
		t.Errorf("error %v, proxy saw %d requests", err, proxied.Load())
	}
}

func TestDo_limitsTheAnswer(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, wire.Ordinary+1)) })
	c := client(t, wire.Options{})
	if _, err := c.Do(t.Context(), wire.Call{Method: "GET", URL: s.URL}); err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
	a, err := c.Do(t.Context(), wire.Call{Method: "GET", URL: s.URL, Limit: wire.List})
	if err != nil || int64(len(a.Body)) != wire.Ordinary+1 {
		t.Errorf("%d bytes, %v", len(a.Body), err)
	}
}

func TestDo_tellsWhetherTheRequestWasSent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	closing := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	c := client(t, wire.Options{})
	_, err = c.Do(t.Context(), wire.Call{Method: "POST", URL: "http://" + nobody + "/" + "?key=secret"})
	if !wire.Unsent(err) || dns.Lasting(err) || strings.Contains(err.Error(), "key=") {
		t.Errorf("nobody listens: %v, unsent %t", err, wire.Unsent(err))
	}
	_, err = c.Do(t.Context(), wire.Call{Method: "POST", URL: closing.URL})
	if wire.Unsent(err) || !wire.Cut(err) || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("connection cut: %v, unsent %t", err, wire.Unsent(err))
	}
}

func TestDo_givesUpAfterItsTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	_, err := client(t, wire.Options{Total: 50 * time.Millisecond}).Do(t.Context(), wire.Call{Method: "GET", URL: s.URL})
	if err == nil || !strings.HasPrefix(err.Error(), "no answer within 50ms") || wire.Unsent(err) {
		t.Errorf("got %v", err)
	}
}

func TestDo_trusts(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer s.Close()
	s.Config.ErrorLog = nil
	sum := sha256.Sum256(s.Certificate().Raw)
	print := strings.ToUpper(hex.EncodeToString(sum[:]))
	pool, err := wire.Authorities(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    wire.Options
		good bool
	}{
		"unknown authority": {wire.Options{}, false},
		"authority":         {wire.Options{RootCAs: pool}, true},
		"fingerprint":       {wire.Options{Fingerprint: print[:2] + ":" + print[2:]}, true},
		"other fingerprint": {wire.Options{Fingerprint: strings.Repeat("ab", 32)}, false},
	} {
		_, err := client(t, c.o).Do(t.Context(), wire.Call{Method: "GET", URL: s.URL})
		if (err == nil) != c.good || err != nil && !wire.Unsent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wire.New(wire.Options{Fingerprint: "abc"}); err == nil {
		t.Error("a fingerprint of three digits was taken")
	}
}

func TestDo_refusesOldTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	defer s.Close()
	sum := sha256.Sum256(s.Certificate().Raw)
	_, err := client(t, wire.Options{Fingerprint: hex.EncodeToString(sum[:])}).Do(t.Context(), wire.Call{Method: "GET", URL: s.URL})
	if err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("got %v", err)
	}
}
