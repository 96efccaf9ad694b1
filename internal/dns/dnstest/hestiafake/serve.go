package hestiafake

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"time"
)

// Server is a panel behind TLS.
type Server struct {
	URL         string // base, with the port and a slash at the end
	Fingerprint string // SHA-256 of the certificate, 64 hex digits
	CA          string // the certificate in PEM
	http        *http.Server
}

// Listen serves the panel on an address (port 0 = any free one) with a certificate that it signed itself, as panels do.
func (p *Panel) Listen(addr string) (*Server, error) {
	cert, err := selfSigned(p.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	der := cert.Certificate[0]
	sum := sha256.Sum256(der)
	s := &Server{
		URL: "https://" + listener.Addr().String() + "/", Fingerprint: hex.EncodeToString(sum[:]),
		CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		http: &http.Server{
			Handler: p, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
			TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}},
		},
	}
	go func() { _ = s.http.ServeTLS(&firewall{Listener: listener, panel: p}, "", "") }()
	return s, nil
}

// Close ends the server and open connections; commands that run go on to their end.
func (s *Server) Close() error { return s.http.Close() }

// firewall drops connections of banned addresses before a byte is read.
type firewall struct {
	net.Listener
	panel *Panel
}

// Accept implements net.Listener.
func (f *firewall) Accept() (net.Conn, error) {
	for {
		c, err := f.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // http.Server compares it
		}
		host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		if !f.panel.refuses(host) {
			return c, nil
		}
		_ = c.Close()
	}
}

func selfSigned(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("generate key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "panel"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
