package machines

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/audit"
)

// What is under way shows in one look only; the text of what stays may differ.
func TestReport_keepsWhatTwoLooksShow(t *testing.T) {
	t.Parallel()
	missing := audit.Finding{Kind: audit.Missing, ServerID: 1, ServiceID: 5, VMID: 105, Text: "gone"}
	unseen := audit.Finding{Kind: audit.Unseen, ServerID: 1, Text: "timeout after 5.1s"}
	later := unseen
	later.Text = "timeout after 5.2s"
	passing := audit.Finding{Kind: audit.Unbilled, ServerID: 1, ServiceID: 6, VMID: 106, Text: "no record yet"}
	fresh := audit.Finding{Kind: audit.Missing, ServerID: 1, ServiceID: 6, VMID: 106, Text: "removed just now"}
	got := report{Findings: []audit.Finding{later, missing, fresh}, Guests: 2}.confirmed(report{Findings: []audit.Finding{unseen, missing, passing}, Guests: 3})
	if d := cmp.Diff(report{Findings: []audit.Finding{later, missing}, Guests: 2}, got); d != "" {
		t.Errorf("confirmed (-want +got):\n%s", d)
	}
}
