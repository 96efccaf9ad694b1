package bridge_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
)

type vector struct {
	Name, Secret, Key, Method, Path, Time, Nonce, Body, Signature string
}

func vectors(tb testing.TB) []vector {
	tb.Helper()
	raw, err := os.ReadFile("testdata/signature_vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(raw, &vs); err != nil {
		tb.Fatal(err)
	}
	return vs
}

func (v vector) request() *http.Request {
	r := httptest.NewRequest(v.Method, v.Path, strings.NewReader(v.Body))
	r.Header.Set(bridge.HeaderKey, v.Key)
	r.Header.Set(bridge.HeaderTime, v.Time)
	r.Header.Set(bridge.HeaderNonce, v.Nonce)
	r.Header.Set(bridge.HeaderSignature, v.Signature)
	return r
}

func (v vector) verifier() *bridge.Verifier {
	sec, _ := strconv.ParseInt(v.Time, 10, 64)
	keys := map[string]bridge.Secret{v.Key: bridge.Secret(v.Secret)}
	return bridge.NewVerifier(func() map[string]bridge.Secret { return keys }, &still{now: time.Unix(sec, 0)})
}

func TestSignature_agreesWithVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			got := bridge.Signature(bridge.Secret(v.Secret), v.Method, v.Path, v.Time, v.Nonce, []byte(v.Body))
			if got != v.Signature {
				t.Errorf("signature = %s, want %s", got, v.Signature)
			}
			if err := v.verifier().Verify(v.request(), []byte(v.Body)); err != nil {
				t.Errorf("Verify = %v, want it accepted", err)
			}
		})
	}
}

func TestVerify_refusesEveryAlteration(t *testing.T) {
	t.Parallel()
	order := vectors(t)[0]
	alterations := map[string]struct {
		change func(v *vector)
		code   string
	}{
		"body":            {func(v *vector) { v.Body += " " }, bridge.CodeBadSignature},
		"path":            {func(v *vector) { v.Path = "/v1/module/SuspendAccount" }, bridge.CodeBadSignature},
		"query added":     {func(v *vector) { v.Path += "?x=1" }, bridge.CodeBadSignature},
		"method":          {func(v *vector) { v.Method = http.MethodPut }, bridge.CodeBadSignature},
		"time":            {func(v *vector) { v.Time = "1790000001" }, bridge.CodeBadSignature},
		"nonce":           {func(v *vector) { v.Nonce = strings.Repeat("0", 32) }, bridge.CodeBadSignature},
		"signature":       {func(v *vector) { v.Signature = strings.Repeat("0", 64) }, bridge.CodeBadSignature},
		"signature cut":   {func(v *vector) { v.Signature = v.Signature[:32] }, bridge.CodeBadSignature},
		"signature words": {func(v *vector) { v.Signature = "none" }, bridge.CodeBadSignature},
		"other key":       {func(v *vector) { v.Key = "k9" }, bridge.CodeUnknownKey},
		"no key":          {func(v *vector) { v.Key = "" }, bridge.CodeMissingSignature},
		"no time":         {func(v *vector) { v.Time = "" }, bridge.CodeMissingSignature},
		"signed time":     {func(v *vector) { v.Time = "+1790000000" }, bridge.CodeMissingSignature},
		"no nonce":        {func(v *vector) { v.Nonce = "" }, bridge.CodeMissingSignature},
		"loud nonce":      {func(v *vector) { v.Nonce = strings.ToUpper(v.Nonce) }, bridge.CodeMissingSignature},
		"no signature":    {func(v *vector) { v.Signature = "" }, bridge.CodeMissingSignature},
	}
	for name, a := range alterations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifier, altered := order.verifier(), order
			a.change(&altered)
			wantCode(t, verifier.Verify(altered.request(), []byte(altered.Body)), a.code)
			if err := verifier.Verify(order.request(), []byte(order.Body)); err != nil {
				t.Errorf("the genuine request afterwards: %v, want it accepted", err)
			}
		})
	}
}

func TestVerify_emptySecretIsNoKey(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	v.Secret = ""
	v.Signature = bridge.Signature("", v.Method, v.Path, v.Time, v.Nonce, []byte(v.Body))
	wantCode(t, v.verifier().Verify(v.request(), []byte(v.Body)), bridge.CodeUnknownKey)
}

func TestVerify_timeWindowIsSixtySecondsBothWays(t *testing.T) {
	t.Parallel()
	signed := time.Unix(1790000000, 0)
	for offset, code := range map[time.Duration]string{
		-61 * time.Second: bridge.CodeStaleTime, -60 * time.Second: "", 0: "",
		60*time.Second + 900*time.Millisecond: "", 61 * time.Second: bridge.CodeStaleTime, 87600 * time.Hour: bridge.CodeStaleTime,
	} {
		v := vectors(t)[0]
		keys := map[string]bridge.Secret{v.Key: bridge.Secret(v.Secret)}
		verifier := bridge.NewVerifier(func() map[string]bridge.Secret { return keys }, &still{now: signed.Add(offset)})
		err := verifier.Verify(v.request(), []byte(v.Body))
		wantCode(t, err, code)
		if code != "" && (!strings.Contains(err.Error(), "2026-09-21T14:13:20Z") || !strings.Contains(err.Error(), signed.Add(offset).UTC().Format(time.RFC3339))) {
			t.Errorf("message %q lacks one of the two times", err)
		}
	}
}

func TestVerify_nonceServesOnceAsLongAsItsTimeIsFresh(t *testing.T) {
	t.Parallel()
	clk := &still{now: time.Unix(1790000000, 0).Add(-60 * time.Second)}
	v := vectors(t)[0]
	keys := map[string]bridge.Secret{v.Key: bridge.Secret(v.Secret)}
	verifier := bridge.NewVerifier(func() map[string]bridge.Secret { return keys }, clk)
	wantCode(t, verifier.Verify(v.request(), []byte(v.Body)), "")
	for _, later := range []time.Duration{0, time.Minute, time.Minute} {
		clk.now = clk.now.Add(later)
		wantCode(t, verifier.Verify(v.request(), []byte(v.Body)), bridge.CodeReplayedNonce)
	}
	clk.now = clk.now.Add(time.Second)
	wantCode(t, verifier.Verify(v.request(), []byte(v.Body)), bridge.CodeStaleTime)
}

func TestSigner_signsWhatVerifyAccepts(t *testing.T) {
	t.Parallel()
	clk := &still{now: time.Unix(1790000000, 0)}
	keys := map[string]bridge.Secret{bridge.KeyRotating: "s"}
	verifier := bridge.NewVerifier(func() map[string]bridge.Secret { return keys }, clk)
	for range 3 {
		r := httptest.NewRequest(http.MethodPost, "/a/b?c=%20d", nil)
		bridge.Signer{Key: bridge.KeyRotating, Secret: "s", Clock: clk}.Sign(r, []byte("body"))
		wantCode(t, verifier.Verify(r, []byte("body")), "")
	}
}

func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Key, v.Time, v.Nonce, v.Signature, []byte(v.Body))
	}
	f.Add("k1", "99999999999999999999", "zz", "0", []byte(nil))
	genuine := map[string]bool{}
	for _, v := range vectors(f) {
		genuine[v.Signature] = true
	}
	keys := map[string]bridge.Secret{"k1": bridge.Secret(vectors(f)[0].Secret)}
	f.Fuzz(func(t *testing.T, key, unixTime, nonce, signature string, body []byte) {
		v := vector{Key: key, Time: unixTime, Nonce: nonce, Signature: signature, Method: http.MethodPost, Path: "/v1/module/CreateAccount"}
		verifier := bridge.NewVerifier(func() map[string]bridge.Secret { return keys }, &still{now: time.Unix(1790000000, 0)})
		if err := verifier.Verify(v.request(), body); err == nil && !genuine[strings.ToLower(signature)] {
			t.Errorf("accepted key %q time %q nonce %q signature %q", key, unixTime, nonce, signature)
		}
	})
}
