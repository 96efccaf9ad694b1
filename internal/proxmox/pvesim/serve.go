package pvesim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"time"
)

// Server is a simulator behind TLS on a listener.
type Server struct {
	listener net.Listener
	server   *http.Server
	cert     []byte
	done     chan struct{}
}

// ListenTLS serves the simulator on an address (port 0 picks a free one) with a self-signed certificate made
// for the occasion, over HTTP/1.1 as the original does. Close ends it.
func (s *Sim) ListenTLS(addr string) (*Server, error) {
	der, key, err := selfSigned(s.world.Clk.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for the simulator: %w", err)
	}
	srv := &Server{listener: listener, cert: der, done: make(chan struct{}), server: &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second,
		// Clients that refuse the certificate are a matter of tests, not of the log.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		// An empty table keeps HTTP/2 out: it has no status text, and the messages stand there.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		},
	}}
	go func() {
		defer close(srv.done)
		_ = srv.server.ServeTLS(listener, "", "")
	}()
	return srv, nil
}

// URL is the base of the API without /api2/json.
func (srv *Server) URL() string { return "https://" + srv.listener.Addr().String() }

// Fingerprint is the SHA-256 of the certificate as AA:BB:...
func (srv *Server) Fingerprint() string {
	sum := sha256.Sum256(srv.cert)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// CertPEM is the certificate, for clients that take a CA file.
func (srv *Server) CertPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.cert})
}

// Close stops serving and drops open connections.
func (srv *Server) Close() error {
	defer func() { <-srv.done }()
	if err := srv.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("close simulator: %w", err)
	}
	return nil
}

func selfSigned(now time.Time) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "pvesim"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("sign certificate: %w", err)
	}
	return der, key, nil
}
