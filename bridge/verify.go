package bridge

import (
	"crypto/hmac"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// MostSkew is how far the sender's clock may be from ours, either way.
const MostSkew = time.Minute

var (
	noncePattern = regexp.MustCompile(`^[0-9a-f]{32}$`)
	timePattern  = regexp.MustCompile(`^[0-9]{1,12}$`)
)

// Verifier decides whether a request comes from a holder of a key, is fresh and is new. It is safe for concurrent use.
type Verifier struct {
	keys   func() map[string]Secret
	reread func() map[string]Secret
	clock  clock.Clock
	nonces *nonces
}

// NewVerifier asks keys at every request, so that an exchanged secret counts at once; a key with an empty secret is no key.
func NewVerifier(keys func() map[string]Secret, c clock.Clock) *Verifier {
	return &Verifier{keys: keys, reread: keys, clock: clockOr(c), nonces: newNonces(nonceMost)}
}

// Reread gives v a way to read the keys anew when those that NewVerifier asks for may be a moment old.
func (v *Verifier) Reread(keys func() map[string]Secret) { v.reread = keys }

// Verify answers nil or a *Refusal with one of the codes missing_signature, unknown_key, bad_signature, stale_time,
// replayed_nonce or too_busy. A nonce counts as used only by a request that is genuine and fresh.
func (v *Verifier) Verify(r *http.Request, body []byte) error {
	key, unixTime := r.Header.Get(HeaderKey), r.Header.Get(HeaderTime)
	nonce, given := r.Header.Get(HeaderNonce), r.Header.Get(HeaderSignature)
	if key == "" || given == "" || !timePattern.MatchString(unixTime) || !noncePattern.MatchString(nonce) {
		return Refuse(CodeMissingSignature, "The request is not signed: %s, %s, %s and %s must all be present and well-formed.",
			HeaderKey, HeaderTime, HeaderNonce, HeaderSignature)
	}
	genuine := func(secret Secret) bool {
		signature, err := hex.DecodeString(given)
		return secret != "" && err == nil && hmac.Equal(signature, digest(secret, r.Method, requestPath(r), unixTime, nonce, body))
	}
	if err := v.match(key, genuine); err != nil {
		return err
	}
	now := v.clock.Now()
	if err := checkAge(unixTime, now); err != nil {
		return err
	}
	return v.nonces.use(nonce, now)
}

// match tries the secret at hand, and reads it anew before it refuses: it may have been exchanged a moment ago.
func (v *Verifier) match(key string, genuine func(Secret) bool) error {
	if genuine(v.keys()[key]) {
		return nil
	}
	secret := v.reread()[key]
	switch {
	case secret == "":
		return Refuse(CodeUnknownKey, "The key %.20q is not known here. Pair WHMCS and kvmbridge again: both must hold the same secret.", key)
	case !genuine(secret):
		return Refuse(CodeBadSignature, "The signature is wrong: the request was altered on its way or signed with another secret. "+
			"Check that WHMCS and kvmbridge hold the same secret for key %.20q.", key)
	}
	return nil
}

func checkAge(unixTime string, now time.Time) error {
	sec, _ := strconv.ParseInt(unixTime, 10, 64) // the pattern has been checked
	signed := time.Unix(sec, 0).UTC()
	if age := now.Sub(signed).Truncate(time.Second); age > MostSkew || age < -MostSkew {
		return Refuse(CodeStaleTime, "The request was signed at %s and it is %s here, more than %s apart. Set both clocks right.",
			signed.Format(time.RFC3339), now.UTC().Format(time.RFC3339), MostSkew)
	}
	return nil
}

// requestPath is path and query as they stood on the request line.
func requestPath(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}
