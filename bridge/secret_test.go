package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func TestSecret_isMaskedWhereverItIsPrinted(t *testing.T) {
	t.Parallel()
	call := order(7)
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(h).Info("call", "call", call, "password", call.Service.Password, "head", call.Head)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb, call)
		fmt.Fprintf(&log, verb, call.Server.Password)
	}
	if text := log.String(); strings.Contains(text, "guest password") || strings.Contains(text, "host password") {
		t.Errorf("a password is readable: %s", text)
	}
	if !strings.Contains(log.String(), "service_id=7") {
		t.Errorf("log %s lacks the service's id", log.String())
	}
	if raw, _ := json.Marshal(call); !strings.Contains(string(raw), "guest password") {
		t.Errorf("the wire %s lacks the password", raw)
	}
}

func TestTabFields_keepTheirOrder(t *testing.T) {
	t.Parallel()
	for want, fields := range map[string]bridge.TabFields{
		`{}`:                           nil,
		`{"z":"\u003cb\u003e","a":""}`: {{Label: "z", HTML: "<b>"}, {Label: "a"}},
		`{"\"":"1","ключ":"2"}`:        {{Label: `"`, HTML: "1"}, {Label: "ключ", HTML: "2"}},
	} {
		if got, err := json.Marshal(fields); err != nil || string(got) != want {
			t.Errorf("fields = %s, %v, want %s", got, err, want)
		}
	}
	if got, err := json.Marshal(bridge.TabFields{{Label: "a"}, {Label: "a"}}); err == nil {
		t.Errorf("a label twice = %s, want an error", got)
	}
}
