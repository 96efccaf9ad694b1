package bridge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Headers of a signed request, in both directions.
const (
	HeaderKey       = "X-Kvmbridge-Key"       // which secret: k1, or k2 while secrets are being exchanged
	HeaderTime      = "X-Kvmbridge-Time"      // unix seconds, decimal
	HeaderNonce     = "X-Kvmbridge-Nonce"     // 32 lower-case hexadecimal digits, never used twice
	HeaderSignature = "X-Kvmbridge-Signature" // hexadecimal Signature
)

// Key ids.
const (
	KeyDefault  = "k1"
	KeyRotating = "k2" // valid beside k1 while secrets are being exchanged
)

// Signature is the hexadecimal HMAC-SHA256 over method, path (with its query, as on the request line), unix time, nonce
// and the hexadecimal SHA-256 of the body, joined by line feeds. The key is the secret's raw bytes.
func Signature(secret Secret, method, path, unixTime, nonce string, body []byte) string {
	return hex.EncodeToString(digest(secret, method, path, unixTime, nonce, body))
}

func digest(secret Secret, method, path, unixTime, nonce string, body []byte) []byte {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(secret))
	lines := []string{method, path, unixTime, nonce, hex.EncodeToString(sum[:])}
	_, _ = mac.Write([]byte(strings.Join(lines, "\n"))) // a hash never fails to write
	return mac.Sum(nil)
}

// Signer signs outgoing requests. The clock must be the real one: the other side compares with its own.
type Signer struct {
	Key    string // id of the secret; "" is KeyDefault
	Secret Secret
	Clock  clock.Clock // nil is clock.System
}

// Sign sets the four headers for a request that will carry exactly body.
func (s Signer) Sign(req *http.Request, body []byte) {
	key := s.Key
	if key == "" {
		key = KeyDefault
	}
	unixTime := strconv.FormatInt(clockOr(s.Clock).Now().Unix(), 10)
	nonce := randomHex()
	req.Header.Set(HeaderKey, key)
	req.Header.Set(HeaderTime, unixTime)
	req.Header.Set(HeaderNonce, nonce)
	req.Header.Set(HeaderSignature, Signature(s.Secret, req.Method, req.URL.RequestURI(), unixTime, nonce, body))
}

// randomHex is 32 random hexadecimal digits.
func randomHex() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails since Go 1.24: it ends the program instead
	return hex.EncodeToString(b[:])
}

func clockOr(c clock.Clock) clock.Clock {
	if c == nil {
		return clock.System{}
	}
	return c
}
