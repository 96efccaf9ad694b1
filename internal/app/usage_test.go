package app_test

import (
	"strings"
	"testing"
)

// WHMCS's daily cron asks for the usage of services, for its own columns and for metric billing.
func TestUsage_reachesWHMCS(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.ready(t, w.order(t))
	unknown := w.order(t)
	w.ready(t, unknown)
	w.cron(t, 0, "--task=collectingStatistics")
	w.exec(t, "DELETE FROM kvmbridge_traffic WHERE service_id = ?", unknown)
	w.exec(t, "UPDATE kvmbridge_traffic SET month_in = 3 << 30, month_out = 1 << 29, month_at = COALESCE(month_at, DATE_FORMAT(taken_at, '%Y-%m-01'))")
	var cron struct{ Lines []string }
	w.devhost(t, &cron, "cron", "daily")
	contains(t, "daily cron", strings.Join(cron.Lines, "\n"), "usage of server 1", "metrics of server 1: 1 tenants")
	const usage = "SELECT GROUP_CONCAT(CONCAT_WS(' ', bwusage, lastupdate > 0) ORDER BY id) FROM tblhosting"
	if got := w.value(t, usage); got != "3584 1,0 0" {
		t.Errorf("WHMCS's columns: %q", got)
	}
	const metrics = "SELECT GROUP_CONCAT(CONCAT_WS(' ', metric, TRIM(value)) ORDER BY metric) FROM devhost_metrics m JOIN tblhosting h ON h.domain = m.tenant"
	if got := w.value(t, metrics); got != "Bandwidth Usage In 3.000000,Bandwidth Usage Out 0.500000" {
		t.Errorf("metrics: %q", got)
	}
}
