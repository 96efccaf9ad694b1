package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/seal"
)

func box(tb testing.TB, material string) *seal.Box {
	tb.Helper()
	b, err := seal.New([]byte(material))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestBox_opensOnlyWhatItSealedForThatRow(t *testing.T) {
	t.Parallel()
	b, other := box(t, "0123456789abcdef"), box(t, "0123456789abcdeg")
	rapid.Check(t, func(t *rapid.T) {
		text, row := rapid.String().Draw(t, "text"), rapid.Int64().Draw(t, "row")
		sealed := b.Seal("guest_password", row, text)
		if got, err := b.Open("guest_password", row, sealed); err != nil || got != text {
			t.Fatalf("Open = %q, %v; want %q", got, err, text)
		}
		if len(text) > 3 && bytes.Contains(sealed, []byte(text)) {
			t.Fatalf("the sealed form shows the text %q", text)
		}
		altered := bytes.Clone(sealed)
		altered[1+rapid.IntRange(0, len(sealed)-2).Draw(t, "byte")] ^= 1
		for name, open := range map[string]func() (string, error){
			"another row":     func() (string, error) { return b.Open("guest_password", row+1, sealed) },
			"another purpose": func() (string, error) { return b.Open("server_password", row, sealed) },
			"another key":     func() (string, error) { return other.Open("guest_password", row, sealed) },
			"altered":         func() (string, error) { return b.Open("guest_password", row, altered) },
			"cut":             func() (string, error) { return b.Open("guest_password", row, sealed[:len(sealed)-1]) },
		} {
			if got, err := open(); !errors.Is(err, seal.ErrOpen) || got != "" {
				t.Fatalf("%s: %q, %v; want ErrOpen", name, got, err)
			}
		}
	})
}

func TestBox_sealsTheSameTextDifferently(t *testing.T) {
	t.Parallel()
	b := box(t, "0123456789abcdef")
	if bytes.Equal(b.Seal("p", 1, "text"), b.Seal("p", 1, "text")) {
		t.Error("two sealings of one text are equal")
	}
}

func TestBox_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := box(t, rand.Text())
	for sealed, part := range map[string]string{"": "empty", "\x07rest": "format 7", "\x01rest": "another key"} {
		if _, err := b.Open("p", 1, []byte(sealed)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Open(%q) = %v, want it to say %q", sealed, err, part)
		}
	}
	if _, err := seal.New([]byte("short")); err == nil || !strings.Contains(err.Error(), "at least 16") {
		t.Errorf("New with 5 bytes: %v, want it to ask for 16", err)
	}
}

func TestFingerprint_tellsTextsRowsPurposesAndKeysApart(t *testing.T) {
	t.Parallel()
	b := box(t, "0123456789abcdef")
	first := b.Fingerprint("dns_zone", 1, "text")
	if again := box(t, "0123456789abcdef").Fingerprint("dns_zone", 1, "text"); again != first || len(first) != 32 {
		t.Errorf("fingerprints %q and %q, want the same 32 characters", first, again)
	}
	for what, other := range map[string]string{
		"text": b.Fingerprint("dns_zone", 1, "texu"), "row": b.Fingerprint("dns_zone", 2, "text"), "purpose": b.Fingerprint("server", 1, "text"),
		"key": box(t, "0123456789abcdeg").Fingerprint("dns_zone", 1, "text"), "limits": b.Fingerprint("dns_zone", 1, "\x00text"),
	} {
		if other == first {
			t.Errorf("another %s has the same fingerprint", what)
		}
	}
}
