package app_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// From the product's settings through the periodic task to the guest's network card and the client's mail.
func TestEndToEnd_usedUpTrafficSlowsTheMachineDown(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.admin(t).set("cron", "cron_mode", "standalone")
	m := w.ready(t, w.order(t))
	w.exec(t, `UPDATE tblproducts SET configoption1 = CONCAT('{"traffic": {"limit_gb": 1, "throttle_mbps": 5},', SUBSTRING(configoption1, 2)) WHERE id = ?`, w.WHMCS.Seeded.ProductID)
	count := func() {
		t.Helper()
		var lines []string
		if code := w.task(t, bridge.TaskArgs{Task: tasks.Statistics}, func(line string) { lines = append(lines, line) }); code != 0 {
			t.Fatalf("it ended with %d: %s", code, strings.Join(lines, "\n"))
		}
	}
	count()
	w.exec(t, "UPDATE kvmbridge_traffic SET month_in = 2 << 30, month_at = COALESCE(month_at, DATE_FORMAT(taken_at, '%Y-%m-01')) WHERE service_id = ?", m.ServiceID)
	count()
	await(t, "the network card to be slow", func() bool {
		g, _ := w.Sim.Guest(m.VMID)
		return strings.Contains(g.Config["net0"], "rate=5")
	}, w.log.tail)
	w.delivered(t)
	mail := w.value(t, "SELECT message FROM tblemails WHERE subject = 'Traffic is used up'")
	contains(t, "the mail", mail, "Dear Jane", "Used: 2.00 GB of 1.00 GB; the next period begins on 20", "its network runs at 5 MB per second")
	entry := w.value(t, "SELECT description FROM tblactivitylog WHERE description LIKE 'Traffic: the network card%'")
	contains(t, "the entry", entry, "slowed down to 5 MB/s")
}
