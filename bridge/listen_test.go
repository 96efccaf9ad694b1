package bridge_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
)

// socketPath is short: the kernel takes 107 bytes, and t.TempDir carries the test's name.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kb") //nolint:usetesting // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func serveOn(t *testing.T, s *stage, listeners ...net.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx, listeners...) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
}

func TestListen_unixAndTCPAtOnce(t *testing.T) {
	t.Parallel()
	s, path := newStage(t), socketPath(t)
	unix, err := bridge.Listen(t.Context(), "unix://"+path, bridge.TLSFiles{})
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := bridge.Listen(t.Context(), "127.0.0.1:0", bridge.TLSFiles{})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("socket = %v, %v, want mode 0660", info.Mode(), err)
	}
	serveOn(t, s, unix, tcp)
	for _, address := range []string{"unix://" + path, "http://" + tcp.Addr().String()} {
		c, err := bridge.NewClient(address, bridge.Signer{Secret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := c.Module(t.Context(), "UnsuspendAccount", order(7)); err != nil || a.Err() != nil {
			t.Errorf("%s: %+v, %v", address, a, err)
		}
		c.Close()
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	resp, err := client.Get("http://localhost/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/healthz over the socket = %d, want 200", resp.StatusCode)
	}
}

func TestListen_replacesOnlyDeadSockets(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	alive, err := bridge.Listen(t.Context(), "unix://"+path, bridge.TLSFiles{})
	if err != nil {
		t.Fatalf("over a dead socket: %v", err)
	}
	defer func() { _ = alive.Close() }()
	if _, err := bridge.Listen(t.Context(), "unix://"+path, bridge.TLSFiles{}); err == nil || !strings.Contains(err.Error(), "another process answers") {
		t.Errorf("over a live socket: %v, want it refused", err)
	}
	other, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path + "gram", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if _, err := bridge.Listen(t.Context(), "unix://"+path+"gram", bridge.TLSFiles{}); err == nil {
		t.Error("over a live socket of another kind: opened, want it refused")
	}
	file := path + "file"
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bridge.Listen(t.Context(), "unix://"+file, bridge.TLSFiles{}); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("over a file: %v, want it refused", err)
	}
	if kept, _ := os.ReadFile(file); string(kept) != "precious" {
		t.Errorf("the file is now %q", kept)
	}
}

func TestListen_refusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for address, says := range map[string]string{
		"unix://relative":                       "absolute",
		"unix:///" + strings.Repeat("long", 30): "107 bytes",
		"8080":                                  "host:port",
		"0.0.0.0:0":                             "TLS certificate",
		":0":                                    "TLS certificate",
		"192.0.2.1:0":                           "TLS certificate",
		"127.0.0.1:99999":                       "99999",
	} {
		if l, err := bridge.Listen(t.Context(), address, bridge.TLSFiles{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Listen(%s) = %v, %v, want an error saying %q", address, l, err, says)
		}
	}
	if _, err := bridge.Listen(t.Context(), "127.0.0.1:0", bridge.TLSFiles{Cert: "/nowhere.pem"}); err == nil {
		t.Error("a missing certificate is accepted")
	}
}

func TestListen_speaksTLS(t *testing.T) {
	t.Parallel()
	files, roots := certificate(t)
	l, err := bridge.Listen(t.Context(), "127.0.0.1:0", files)
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, newStage(t), l)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	resp, err := client.Get("https://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.TLS == nil {
		t.Errorf("/healthz = %d, TLS %v", resp.StatusCode, resp.TLS != nil)
	}
}

// certificate borrows the one that httptest carries.
func certificate(t *testing.T) (bridge.TLSFiles, *x509.CertPool) {
	t.Helper()
	ts := httptest.NewTLSServer(nil)
	defer ts.Close()
	pair := ts.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := bridge.TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for name, block := range map[string]*pem.Block{
		files.Cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, files.Key: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(ts.Certificate())
	return files, roots
}
