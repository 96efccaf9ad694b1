package callback_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/callback"
)

// effects are the calls that give the recorded requests; PHP's tests read the same files.
func effects() map[string]func(context.Context, *callback.Client) error {
	return map[string]func(context.Context, *callback.Client) error{
		"ping": func(ctx context.Context, c *callback.Client) error { return c.Ping(ctx) },
		"send_email": func(ctx context.Context, c *callback.Client) error {
			return c.Mail(ctx, "7", "puqProxmoxKVM VM is ready", 101, map[string]string{"vm_ip": "192.0.2.10"})
		},
		"send_email_plain": func(ctx context.Context, c *callback.Client) error {
			return c.Mail(ctx, "7", "puqProxmoxKVM VM is ready", 101, nil)
		},
		"log_activity": func(ctx context.Context, c *callback.Client) error {
			return c.Activity(ctx, "7", "kvmbridge: the VM of service 101 needs attention", 12)
		},
		"module_log": func(ctx context.Context, c *callback.Client) error {
			return c.ModuleLog(ctx, "7", callback.ModuleLogEntry{
				Module: "puqProxmoxKVM", Action: "clone", Request: "POST clone", Response: "UPID",
			})
		},
		"decrypt": func(ctx context.Context, c *callback.Client) error {
			_, err := c.Decrypt(ctx, []string{"cipher one", "cipher two"})
			return err
		},
		"update_client_product": func(ctx context.Context, c *callback.Client) error {
			return c.UpdateClientProduct(ctx, "7", callback.ClientProduct{ServiceID: 101, Password: "Guest-pass 1"})
		},
	}
}

func TestEffects_areSentAsRecorded(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../bridge/testdata/effects/*.json")
	if len(files) != len(effects()) {
		t.Errorf("%d recorded effects, want %d", len(files), len(effects()))
	}
	for name, call := range effects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var record struct {
				Request map[string]any
				Answer  json.RawMessage
			}
			raw, err := os.ReadFile("../../bridge/testdata/effects/" + name + ".json")
			if err == nil {
				err = json.Unmarshal(raw, &record)
			}
			if err != nil {
				t.Fatal(err)
			}
			c := against(t, func(w http.ResponseWriter, r *http.Request) {
				var got map[string]any
				body, _ := io.ReadAll(r.Body)
				if err := json.Unmarshal(body, &got); err != nil {
					t.Error(err)
				}
				if id, _ := got["id"].(string); id == "" {
					t.Error("the request has no id")
				}
				delete(got, "id") // conversions and pings make their own
				delete(record.Request, "id")
				if diff := cmp.Diff(record.Request, got); diff != "" {
					t.Errorf("request (-recorded +sent):\n%s", diff)
				}
				says(200, "application/json", string(record.Answer))(w, r)
			})
			if err := call(t.Context(), c); err != nil {
				t.Errorf("error = %v, want none", err)
			}
		})
	}
}
