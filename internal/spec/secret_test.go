package spec_test

import (
	"crypto/rand"
	"io"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

func TestPassword_isMixedAndReadable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Any bytes will do: a source of equal bytes must neither hang nor give a weak form.
		source := strings.NewReader(string(rapid.SliceOfN(rapid.Byte(), 512, 512).Draw(t, "bytes")))
		got, err := spec.Password(source)
		if err != nil {
			t.Fatal(err)
		}
		for name, form := range map[string]string{"16 clear characters": `^[a-zA-Z2-9]{16}$`, "lower": `[a-z]`, "upper": `[A-Z]`, "digit": `[2-9]`} {
			if !regexp.MustCompile(form).MatchString(got) {
				t.Fatalf("password %q has no %s", got, name)
			}
		}
		if strings.ContainsAny(got, "0Oo1lI") {
			t.Fatalf("password %q holds characters that people mix up", got)
		}
	})
}

func TestPassword_hangsNoClassOnAPlace(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 400 {
		got, err := spec.Password(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range got {
			if c <= '9' {
				seen[i] = true
			}
		}
	}
	if len(seen) != 16 {
		t.Errorf("digits were seen at %d of 16 places", len(seen))
	}
}

func TestUsername_beginsWithALetterAndDiffers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		got, err := spec.Username(rand.Reader)
		if err != nil || !regexp.MustCompile(`^[a-z][a-z2-9]{7}$`).MatchString(got) {
			t.Fatalf("username %q, %v", got, err)
		}
		seen[got] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different names out of 100", len(seen))
	}
}

func TestSecrets_reportADrySource(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		dry := func() io.Reader { return io.LimitReader(rand.Reader, int64(n)) }
		if got, err := spec.Password(dry()); err == nil && n < 16*8 {
			t.Fatalf("password %q out of %d random bytes", got, n)
		}
		if got, err := spec.Username(dry()); err == nil && n < 8*8 {
			t.Fatalf("username %q out of %d random bytes", got, n)
		}
	}
}
