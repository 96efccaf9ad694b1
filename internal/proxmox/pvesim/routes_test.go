package pvesim

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// A handler for an endpoint that no release has could never be reached.
func TestRoutes_areAllInTheContract(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, v := range contract.Versions() {
		for _, ep := range contract.Endpoints(v) {
			known[routeKey(ep)] = true
		}
	}
	for key := range routes() {
		if !known[key] {
			t.Errorf("%s is in no release", key)
		}
	}
}
