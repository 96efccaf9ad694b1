package courier

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// told is a courier with a password to tell, and how many requests WHMCS got.
func told(t *testing.T, change func(*store.Config)) (c *Courier, db *testdb.DB, s *store.DB, service int64, requests *atomic.Int64) {
	t.Helper()
	db, requests = testdb.New(t), new(atomic.Int64)
	s = db.Store(t)
	service = db.Service(t, db.Client(t, "Ada", "Byron"), db.Product(t, "{}"), db.Server(t, "pve"))
	order := vm.Order{ServiceID: service, ServerID: 1, Name: "vm-1", Username: "ada", Password: "s3cret", NewPassword: true}
	if err := s.Open(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	php := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(php.Close)
	mine := db.Store(t, change)
	cb := &callback.Client{Target: callback.Fixed(callback.Target{URL: php.URL, Secret: "0123456789abcdef"}), HTTP: php.Client()}
	return New(mine, whmcs.New(mine.Handle()), cb, clock.System{}, slog.New(slog.DiscardHandler), ""), db, s, service, requests
}

// A record that was deleted has no password to tell any more; the message is done with.
func TestPassword_ofAForgottenRecordIsNotToldForEver(t *testing.T) {
	t.Parallel()
	c, db, s, service, requests := told(t, func(*store.Config) {})
	for _, err := range []error{s.Move(t.Context(), service, vm.Removed), s.Forget(t.Context(), service)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := c.Deliver(t.Context()); err != nil || n != 1 {
		t.Errorf("Deliver = %d, %v; want the message done with", n, err)
	}
	if n := db.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE due_at IS NOT NULL"); n != "0" || requests.Load() != 0 {
		t.Errorf("%s messages wait and WHMCS got %d requests, want neither", n, requests.Load())
	}
}

// WHMCS must not be told an empty password because ours cannot be read.
func TestPassword_unreadableIsKept(t *testing.T) {
	t.Parallel()
	box, err := seal.New([]byte(rand.Text()))
	if err != nil {
		t.Fatal(err)
	}
	c, db, _, _, requests := told(t, func(cfg *store.Config) { cfg.Box = box })
	if n, err := c.Deliver(t.Context()); err != nil || n != 0 || requests.Load() != 0 {
		t.Errorf("Deliver = %d, %v, with %d requests; want it put off", n, err, requests.Load())
	}
	if text := db.Text(t, "SELECT last_error FROM kvmbridge_outbox"); !strings.Contains(text, "another key") {
		t.Errorf("it waits because %q, want the key named", text)
	}
}
