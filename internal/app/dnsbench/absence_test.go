package dnsbench

import (
	"fmt"
	"strings"
	"testing"
)

func TestResyncAbsence(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	missing, err := ResyncAbsence(t.Context(), func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) })
	if err != nil || missing != 0 {
		t.Errorf("%v missing, %v\n%s", missing, err, &said)
	}
	if !strings.HasPrefix(said.String(), "floor dns_resync_absence: ") {
		t.Errorf("said %q", said.String())
	}
	t.Log(said.String())
}
