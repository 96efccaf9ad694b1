package wire

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrCertificate means that the server shows another certificate than the one entered.
var ErrCertificate = errors.New("the server's certificate is not the one whose fingerprint was entered")

func trust(o Options) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
	if o.Fingerprint == "" {
		return cfg, nil
	}
	want, err := Fingerprint(o.Fingerprint)
	if err != nil {
		return nil, err
	}
	cfg.InsecureSkipVerify = true // VerifyConnection below is stricter than a chain: one certificate
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		if got := sha256.Sum256(s.PeerCertificates[0].Raw); hex.EncodeToString(got[:]) != want {
			return fmt.Errorf("%w: it has %s", ErrCertificate, hex.EncodeToString(got[:]))
		}
		return nil
	}
	return cfg, nil
}

// Fingerprint is the plain form (64 lower-case hex digits) of a SHA-256 fingerprint as tools print it.
func Fingerprint(s string) (string, error) {
	plain := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(s)))
	if b, err := hex.DecodeString(plain); err != nil || len(b) != sha256.Size {
		return "", errors.New("the certificate's fingerprint must be a SHA-256 of 64 hex digits, with or without colons")
	}
	return plain, nil
}

// Authorities reads certificates in PEM.
func Authorities(pem string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("no certificate in the text; paste the authority's certificate with its BEGIN and END lines")
	}
	return pool, nil
}
