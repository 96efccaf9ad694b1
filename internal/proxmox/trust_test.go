package proxmox_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

// tlsServer is a Proxmox with a certificate that no system root has signed.
func tlsServer(t *testing.T) (*httptest.Server, *stub) {
	t.Helper()
	s := always(ok(`[]`))
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, s
}

func print64(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

func colons(hexed string) string {
	var b strings.Builder
	for i := 0; i < len(hexed); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hexed[i : i+2]))
	}
	return b.String()
}

func trusting(t *testing.T, address, setting string) *proxmox.Cluster {
	t.Helper()
	trust, err := proxmox.ParseTrust(setting)
	if err != nil {
		t.Fatalf("ParseTrust(%q): %v", setting, err)
	}
	c, err := proxmox.New(proxmox.Config{
		URL: address, Auth: proxmox.Auth{TokenID: tokenID, Secret: secret}, Trust: trust, Clock: newInstant(), Timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTrust_acceptsWhatItWasToldTo(t *testing.T) {
	t.Parallel()
	server, _ := tlsServer(t)
	cert := server.Certificate()
	for name, setting := range map[string]string{
		"fingerprint": print64(cert), "colons and capitals": colons(print64(cert)),
		"PEM of the CA": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})), "insecure": "Insecure",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := trusting(t, server.URL, setting).Nodes(context.Background()); err != nil {
				t.Errorf("got %v, want success", err)
			}
		})
	}
}

func TestTrust_refusesTheRestWithTheFingerprintAndTheWayOut(t *testing.T) {
	t.Parallel()
	server, s := tlsServer(t)
	cert := server.Certificate()
	for name, setting := range map[string]string{"system roots": "", "another fingerprint": strings.Repeat("ab", 32)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := trusting(t, server.URL, setting)
			_, err := c.Start(context.Background(), "pve1", 100)
			var refused *proxmox.CertificateError
			if !errors.As(err, &refused) || pipeline.FaultOf(err) != pipeline.NeedsPerson || errors.Is(err, hypervisor.ErrUnknownOutcome) {
				t.Fatalf("got %v (%v), want a CertificateError for a person", err, pipeline.FaultOf(err))
			}
			for _, part := range []string{"is not trusted", colons(print64(cert)), "Access Hash", "configuration file", strings.TrimPrefix(server.URL, "https://")} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to contain %q", err, part)
				}
			}
		})
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests reached a server that is not trusted", n)
	}
}

func TestTrust_plainHTTPOnTheTLSPortIsNotReachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := trusting(t, strings.Replace(server.URL, "http://", "https://", 1), "insecure").Nodes(context.Background())
	if err == nil || pipeline.FaultOf(err) != pipeline.Transient || !strings.Contains(err.Error(), "not reachable") {
		t.Errorf("got %v", err)
	}
}

func TestParseTrust_takesAnySpellingOfAFingerprint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "sum")
		text := hex.EncodeToString(raw)
		want := colons(text)
		if rapid.Bool().Draw(t, "colons") {
			text = colons(text)
		}
		if rapid.Bool().Draw(t, "capitals") {
			text = strings.ToUpper(text)
		}
		got, err := proxmox.ParseTrust(" " + text + "\n")
		if err != nil || !strings.Contains(got.String(), want) || got.Insecure() {
			t.Errorf("%q: got %v, %v; want %s", text, got, err, want)
		}
	})
}

func TestParseTrust_refusesWithASentence(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"yes", "aa:bb", strings.Repeat("zz", 32), "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----"} {
		if got, err := proxmox.ParseTrust(bad); err == nil || got.Insecure() || len(err.Error()) < 40 {
			t.Errorf("%q: got %v, %v; want a sentence", bad, got, err)
		}
	}
}

func TestParseTrust_doesNotRepeatWhatMayBeATicket(t *testing.T) {
	t.Parallel()
	_, err := proxmox.ParseTrust("PVE:root@pam:65000000::marker+signature==")
	if err == nil || strings.Contains(err.Error(), "PVE:") || !strings.Contains(err.Error(), "Access Hash") {
		t.Errorf("got %v", err)
	}
}

func FuzzParseTrust(f *testing.F) {
	for _, seed := range []string{"", "insecure", strings.Repeat("AB:", 31) + "AB", "-----BEGIN CERTIFICATE-----"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := proxmox.ParseTrust(text)
		if got.Insecure() && !strings.EqualFold(strings.TrimSpace(text), "insecure") {
			t.Errorf("%q is taken for insecure", text)
		}
		if err != nil && got.String() != (proxmox.Trust{}).String() {
			t.Errorf("%q is refused but trusts %s", text, got)
		}
	})
}

func TestNew_refusesUnusableAddressesWithASentence(t *testing.T) {
	t.Parallel()
	for address, complaint := range map[string]string{
		"":                           "not a URL",
		"pve1.example":               "not a URL",
		"ftp://pve1:8006":            "https://",
		"http://pve1.example:8006":   "https://",
		"https://root:geheim@pve1/":  "must not contain credentials",
		"https://pve1:8006:8006/":    "not a URL",
		"https://[::1]:8006/\x7f":    "not a URL",
		"https://pve1.example:80 06": "not a URL",
	} {
		_, err := proxmox.New(proxmox.Config{URL: address, Auth: proxmox.Auth{TokenID: tokenID, Secret: secret}})
		if err == nil || !strings.Contains(err.Error(), complaint) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: got %v, want a complaint with %q", address, err, complaint)
		}
	}
	for _, address := range []string{"https://pve1.example:8006", "https://pve1.example:8006/", "https://[2001:db8::1]:8006/api2/json/"} {
		if _, err := proxmox.New(proxmox.Config{URL: address, Auth: proxmox.Auth{TokenID: tokenID, Secret: secret}}); err != nil {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
