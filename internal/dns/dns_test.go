package dns_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// same compares two values of a test.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
