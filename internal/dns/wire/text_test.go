package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

func TestSecrets_neverShow(t *testing.T) {
	t.Parallel()
	quoted, _ := json.Marshal(marker)
	for _, form := range []string{
		marker, url.QueryEscape(marker), url.PathEscape(marker), string(quoted), html.EscapeString(marker), strconv.Quote(marker), strconv.QuoteToASCII(marker),
		html.EscapeString(url.QueryEscape(marker)), url.QueryEscape(url.QueryEscape(marker)), html.EscapeString(strconv.Quote(marker)), strings.ReplaceAll(string(quoted), "/", `\/`),
	} {
		err := wire.Secrets{"", marker}.Error(fmt.Errorf("before %s after: %w", form, dns.ErrRefused))
		if got := err.Error(); strings.Contains(got, "ss") || !strings.Contains(got, "***") || !strings.Contains(got, "after") {
			t.Errorf("%q became %q", form, got)
		}
		if !errors.Is(err, dns.ErrRefused) {
			t.Errorf("%q: the sentinel is lost", form)
		}
		if errors.Unwrap(err) != nil {
			t.Errorf("%q: the text comes out by Unwrap", form)
		}
	}
}

func TestSecrets_areGoneBeforeTheTextIsCut(t *testing.T) {
	t.Parallel()
	for n := 280; n < 300; n++ {
		if got := (wire.Secrets{marker}).Clean(strings.Repeat("x", n) + marker); strings.Contains(got, marker[:2]) {
			t.Errorf("after %d characters: %q", n, got)
		}
	}
}

func TestClean_isOneShortLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\r\n\tb\x00\x1b[31mc", strings.Repeat("ü€", 200), strings.Repeat("a b\n", 200), "\xff\xfe"} {
		got := wire.Secrets{}.Clean(text)
		if len(got) > 300 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\t\x00\x1b") {
			t.Errorf("%q became %q", text, got)
		}
	}
	var none wire.Secrets
	if got := none.Quote([]byte(strings.Repeat("y", 900))); len(got) > 200 {
		t.Errorf("%d bytes quoted", len(got))
	}
	if err := errors.New("short"); !errors.Is(none.Error(err), err) || none.Error(nil) != nil {
		t.Error("a fit error was changed")
	}
}
