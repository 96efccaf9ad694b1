package showroom

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// A wait that would last for ever ends, and says what the operator needs to know.
func TestAwait_endsAndSaysHowTheMachineStands(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	s := &house{store: db.Store(t)}
	service := db.Service(t, db.Client(t, "Ada", "Byron"), db.Product(t, "{}"), db.Server(t, "pve"))
	order := vm.Order{ServiceID: service, Name: "web", Domain: "web.example", Username: "ada", Password: "long-and-s3cret"}
	if err := s.store.Open(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, "UPDATE kvmbridge_vm SET last_error = 'no address is free' WHERE service_id = ?", service)
	never := watch{what: "be a teapot", every: time.Millisecond, limit: 50 * time.Millisecond, so: func(context.Context, vm.Machine) (bool, error) { return false, nil }}
	_, err := s.await(t.Context(), service, never)
	want := fmt.Sprintf(`waited for service %d to be a teapot; it is at "creation", last error "no address is free": `, service)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if m, err := s.awaitStatus(t.Context(), service, vm.Creation, time.Millisecond); err != nil || m.Status != vm.Creation {
		t.Errorf("%+v, %v", m, err)
	}
	db.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'error_terminate' WHERE service_id = ?", service)
	if _, err := s.awaitReady(t.Context(), service); !errors.Is(err, errGaveUp) {
		t.Errorf("%v, want %v", err, errGaveUp)
	}
}
