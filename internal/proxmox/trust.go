package proxmox

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Trust says which certificate a server may present. The zero value trusts the system's roots.
type Trust struct {
	insecure bool
	pin      string // SHA-256 of the leaf, 64 hex digits
	pool     *x509.CertPool
}

// ParseTrust reads a setting: "" = the system's roots, "insecure" = anything, a SHA-256 fingerprint (with or without
// colons, any case) = exactly that certificate, PEM = anything signed by those certificates.
func ParseTrust(text string) (Trust, error) {
	text = strings.TrimSpace(text)
	hexed := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(text))
	switch {
	case text == "":
		return Trust{}, nil
	case strings.EqualFold(text, "insecure"):
		return Trust{insecure: true}, nil
	case strings.Contains(text, "-----BEGIN"):
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(text)) {
			return Trust{}, errors.New("the PEM text contains no readable certificate; paste the whole CA certificate from BEGIN CERTIFICATE to END CERTIFICATE")
		}
		return Trust{pool: pool}, nil
	}
	if raw, err := hex.DecodeString(hexed); err != nil || len(raw) != sha256.Size {
		// The text is not repeated: the field may still hold a ticket of the product that was used before.
		return Trust{}, errors.New("the Access Hash field or trust setting holds neither a SHA-256 fingerprint (64 hexadecimal digits) " +
			"nor a PEM certificate; paste one of them, or empty it to trust the system's certificate authorities")
	}
	return Trust{pin: hexed}, nil
}

// Insecure says whether any certificate is accepted; doctor shows it in red.
func (t Trust) Insecure() bool { return t.insecure }

// String tells in words what is trusted.
func (t Trust) String() string {
	switch {
	case t.insecure:
		return "any certificate (insecure)"
	case t.pin != "":
		return "the certificate with fingerprint " + coloned(t.pin)
	case t.pool != nil:
		return "certificates signed by the configured CA"
	default:
		return "certificates signed by the system's roots"
	}
}

func (t Trust) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: t.pool}
	if t.insecure || t.pin != "" {
		c.InsecureSkipVerify = true // an explicit setting, or replaced by the comparison below
	}
	if t.pin != "" {
		// VerifyConnection, because VerifyPeerCertificate is skipped on resumed sessions.
		c.VerifyConnection = t.compare
	}
	return c
}

func (t Trust) compare(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the server presented no certificate")
	}
	if got := fingerprint(state.PeerCertificates[0]); got != t.pin {
		return &CertificateError{Fingerprint: coloned(got), Reason: "the pinned fingerprint is " + coloned(t.pin)}
	}
	return nil
}

func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// coloned writes a fingerprint as Proxmox shows it: AA:BB:…
func coloned(hexed string) string {
	var pairs []string
	for i := 0; i+2 <= len(hexed); i += 2 {
		pairs = append(pairs, strings.ToUpper(hexed[i:i+2]))
	}
	return strings.Join(pairs, ":")
}

// CertificateError is a server that presents a certificate which is not trusted.
type CertificateError struct {
	Host        string
	Fingerprint string // SHA-256, as Proxmox shows it
	Reason      string
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("the TLS certificate of %s is not trusted: %s. The server presents the certificate with SHA-256 fingerprint %s. "+
		"If Proxmox shows the same one under System, Certificates, paste the fingerprint or the PEM text of the CA into the "+
		"server's Access Hash field in WHMCS, or name it in the configuration file", e.Host, e.Reason, e.Fingerprint)
}

// Fault implements pipeline.Faulty.
func (e *CertificateError) Fault() pipeline.Fault { return pipeline.NeedsPerson }

// certificateError finds a refused certificate in a connection's error; nil when there is none.
func certificateError(base string, err error) *CertificateError {
	if pinned, ok := errors.AsType[*CertificateError](err); ok {
		pinned.Host = place(base)
		return pinned
	}
	if v, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(v.UnverifiedCertificates) > 0 {
		return &CertificateError{Host: place(base), Fingerprint: coloned(fingerprint(v.UnverifiedCertificates[0])), Reason: v.Err.Error()}
	}
	return nil
}
