package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// exchange is a line of the recorded life of a VM.
type exchange struct {
	Seq          int
	Note         string
	Method, Path string
	Params       map[string]any
	Status       int
	Body         struct{ Errors map[string]string }
}

func readRecorded(t *testing.T) []exchange {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		raw, readErr := os.ReadFile(filepath.Join(dir, "shared", "reference", "pve-recorded", "pve-9.2-life.jsonl"))
		if readErr == nil {
			return decodeRecorded(t, raw)
		}
	}
	t.Skip("../shared/reference/pve-recorded is absent: nothing is replayed")
	return nil
}

func decodeRecorded(t *testing.T, raw []byte) []exchange {
	t.Helper()
	var all []exchange
	for line := range bytes.Lines(raw) {
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber()
		var x exchange
		if err := dec.Decode(&x); err != nil && !strings.Contains(err.Error(), "exchange.Body") {
			t.Fatalf("recorded line %s: %v", line, err)
		}
		all = append(all, x)
	}
	return all
}

// handlerSays lists the openings of texts that come from a handler or a later
// check, not from the schema.
func handlerSays() []string {
	return []string{
		"VM 500 already exists", "no such task", "you can't use '-cores'", "IPSet '", "address '", "missing property - 'dport'",
		"unknown macro", "no such alias", "no such ipset", "detected mixed ipv4/ipv6 addresses in rule", "target is local node",
		"unknown action",
	}
}

func fromHandler(errs map[string]string) bool {
	for _, msg := range errs {
		for _, opening := range handlerSays() {
			if strings.HasPrefix(msg, opening) {
				return true
			}
		}
	}
	return false
}

// decoded is how the parameters arrive; values that the recording cut out get a
// stand-in.
func decoded(x exchange) contract.Params {
	p := contract.Params{}
	for name, value := range x.Params {
		switch v := value.(type) {
		case bool:
			p[name] = contract.Value{Text: map[bool]string{true: "1", false: "0"}[v], JSONBool: true}
		case []any:
			list := contract.Value{IsList: true}
			for _, item := range v {
				list.List = append(list.List, fmt.Sprint(item))
			}
			p[name] = list
		default:
			p[name] = contract.Value{Text: standIn(fmt.Sprint(v))}
		}
	}
	return p
}

func standIn(value string) string {
	return strings.NewReplacer("<n>", "5901", "<vmid>", "100", "<uuid>", "00000000-0000-4000-8000-000000000000", "<mac>", "BC:24:11:00:00:01").Replace(value)
}

func TestValidate_agreesWithRecordedLife(t *testing.T) {
	t.Parallel()
	for _, x := range readRecorded(t) {
		if x.Status == 501 || x.Status == 401 {
			continue
		}
		path, err := url.PathUnescape(standIn(x.Path))
		if err != nil {
			t.Fatal(err)
		}
		got := validate(t, contract.V92, x.Method, path, decoded(x))
		want := x.Body.Errors
		if x.Status != 400 || fromHandler(want) {
			want = nil
		}
		if fmt.Sprint(got) != fmt.Sprint(want) && (x.Status == 200 || x.Status == 400) {
			t.Errorf("line %d (%s): %s %s %v\n got %q\nwant %q", x.Seq, x.Note, x.Method, path, x.Params, got, want)
		}
	}
}
