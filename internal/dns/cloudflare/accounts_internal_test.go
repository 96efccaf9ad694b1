package cloudflare

import "testing"

func TestNewAccounts_keepsBelowTheDocumentedLimit(t *testing.T) {
	t.Parallel()
	l := NewAccounts(Limits{}).cfg
	if most := float64(l.Burst) + 300*l.PerSecond; most > 1200 || most < 1100 {
		t.Errorf("up to %.0f calls in 5 minutes; Cloudflare allows 1200", most)
	}
}
