package wire_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
)

func post(query, kind, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/x?"+query, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestParams_asTheOriginalDecodesThem(t *testing.T) {
	t.Parallel()
	const form, jsonBody = "application/x-www-form-urlencoded", "application/json"
	for _, row := range []struct {
		name, query, kind, body string
		want                    map[string]string
		absent                  string
	}{
		{"unescaped equals sign", "", form, "net0=virtio,bridge=vmbr0", map[string]string{"net0": "virtio,bridge"}, ""},
		{"semicolon splits", "", form, "boot=order=scsi0;net0", map[string]string{"boot": "order"}, "net0"},
		{"escaped", "", form, "boot=order%3Dscsi0%3Bnet0", map[string]string{"boot": "order=scsi0;net0"}, ""},
		{"empty value is given", "", form, "a=&b", map[string]string{"a": ""}, "b"},
		{"query wins", "a=1&_dc=9", form, "a=2&c=3", map[string]string{"a": "1", "c": "3"}, "_dc"},
		{"json", "", jsonBody, `{"a":true,"b":2.50,"c":"x","d":null}`, map[string]string{"a": "1", "b": "2.50", "c": "x"}, "d"},
	} {
		p, err := wire.Params(post(row.query, row.kind, row.body), contract.V92)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		for key, want := range row.want {
			if got := p[key].Text; got != want {
				t.Errorf("%s: %s: got %q, want %q", row.name, key, got, want)
			}
		}
		if _, given := p[row.absent]; given && row.absent != "" {
			t.Errorf("%s: %s must not be given", row.name, row.absent)
		}
	}
	p, err := wire.Params(post("", form, "c=a&c=b&c=d"), contract.V84)
	if err != nil || !p["c"].IsList || len(p["c"].List) != 3 {
		t.Errorf("repeated key: got %+v %v", p["c"], err)
	}
}

func TestSend_messageStandsOnTheStatusLine(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		wire.Send(w, wire.Failure(refusal.Fault("first line\nsecond line"), contract.V84))
	}))
	t.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 500 first line\r\n") {
		t.Errorf("head: got %q", head)
	}
	if want := `{"data":null,"message":"first line\nsecond line\n"}`; body != want {
		t.Errorf("body: got %q, want %q", body, want)
	}
}

func TestWrapped_extjsIsAlways200(t *testing.T) {
	t.Parallel()
	a := wire.Wrapped(wire.Failure(refusal.Param("vmid", "no"), contract.V92))
	if a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"success":0`) || !strings.Contains(string(a.Body), `"status":400`) {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// No form makes the parser panic or invent keys.
func FuzzParams(f *testing.F) {
	f.Add("a=1&b=2;c", `{"a":[1,true,"x"]}`)
	f.Add("a=%zz&=&;=", `{`)
	f.Fuzz(func(t *testing.T, form, body string) {
		p, err := wire.Params(post("", "application/x-www-form-urlencoded", form), contract.V92)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) > strings.Count(form, "=") {
			t.Errorf("%q: %d keys out of %d equals signs", form, len(p), strings.Count(form, "="))
		}
		_, _ = wire.Params(post("", "application/json", body), contract.V74)
	})
}
