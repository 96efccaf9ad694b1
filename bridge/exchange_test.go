package bridge

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kvmbridge/kvmbridge/internal/golden"
)

// exchange is a request and its answer, as the PHP tests read it too.
type exchange struct {
	About    string
	Conforms bool // whether the request is as the contract says
	Request  struct {
		Method, Path string
		Body         any
	}
	Answer struct {
		Status int
		Body   any
	}
}

func exchanges(t *testing.T) map[string]exchange {
	t.Helper()
	files, err := filepath.Glob("testdata/exchanges/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no exchanges: %v", err)
	}
	all := map[string]exchange{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		var x exchange
		if err := dec.Decode(&x); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[filepath.Base(file)] = x
	}
	return all
}

func contract(t *testing.T) *huma.OpenAPI {
	t.Helper()
	return New(Config{Log: slog.New(slog.DiscardHandler)}).api.OpenAPI()
}

func faults(api *huma.OpenAPI, schema *huma.Schema, mode huma.ValidateMode, body any) []error {
	result := &huma.ValidateResult{}
	huma.Validate(api.Components.Schemas, schema, huma.NewPathBuffer([]byte{}, 0), mode, body, result)
	return result.Errors
}

func TestExchanges_conformToContract(t *testing.T) {
	t.Parallel()
	api := contract(t)
	for name, x := range exchanges(t) {
		item := api.Paths[x.Request.Path]
		if item == nil {
			if x.Conforms {
				t.Errorf("%s: no route %s", name, x.Request.Path)
			}
			continue
		}
		request := faults(api, item.Post.RequestBody.Content["application/json"].Schema, huma.ModeWriteToServer, x.Request.Body)
		if x.Conforms != (len(request) == 0) {
			t.Errorf("%s: request conforms = %v (%v), want %v", name, len(request) == 0, request, x.Conforms)
		}
		response := item.Post.Responses[strconv.Itoa(x.Answer.Status)]
		if response == nil {
			t.Errorf("%s: no answer %d in the contract", name, x.Answer.Status)
			continue
		}
		// An error carries no data, whatever the command answers otherwise.
		if answer := faults(api, response.Content["application/json"].Schema, huma.ModeReadFromServer, x.Answer.Body); len(answer) > 0 && x.Conforms {
			t.Errorf("%s: answer: %v", name, answer)
		}
	}
}

func TestExchanges_coverEveryRoute(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, x := range exchanges(t) {
		seen[x.Request.Path] = seen[x.Request.Path] || x.Conforms
	}
	for path, item := range contract(t).Paths {
		streamed := item.Post.Responses["200"].Content["application/json"] == nil // its own tests look at what goes over the wire
		if !seen[path] && !streamed {
			t.Errorf("no exchange for %s", path)
		}
	}
}

func TestContract_everyBodyIsClosed(t *testing.T) {
	t.Parallel()
	for name, schema := range contract(t).Components.Schemas.Map() {
		if schema.Type == huma.TypeObject && schema.AdditionalProperties != false {
			t.Errorf("schema %s lets unknown fields in: additionalProperties = %v", name, schema.AdditionalProperties)
		}
	}
}

func TestOpenAPI_isGolden(t *testing.T) {
	t.Parallel()
	golden.Equal(t, "openapi.json", string(OpenAPI()))
}
