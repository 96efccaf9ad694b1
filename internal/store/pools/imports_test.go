package pools_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
)

// exported is what the page offers as a file.
func (w world) exported(t *testing.T) string {
	t.Helper()
	list, err := w.book.Pools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var forms []ippool.Form
	for _, p := range list {
		forms = append(forms, p.Form)
	}
	var b strings.Builder
	must(t, ippool.WriteCSV(&b, forms))
	return b.String()
}

func TestImport_takesWhatWasExported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.form("10.0.0.10", "10.0.0.20")
	f.Bridge = "-vmbr0" // Proxmox allows it, a spreadsheet calculates it
	w.add(t, f)
	w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	text := w.exported(t)
	if !strings.Contains(text, ",'-vmbr0,") {
		t.Errorf("the bridge is a formula in %s", text)
	}
	log := len(w.entries(t))
	if got, err := w.book.Import(t.Context(), admin, text); err != nil || got != (pools.Imported{Same: 2}) || len(w.entries(t)) != log {
		t.Errorf("the same text again: %+v, %v", got, err)
	}
	w.Exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools")
	got, err := w.book.Import(t.Context(), admin, text)
	if err != nil || got != (pools.Imported{Added: 2}) || w.exported(t) != text {
		t.Errorf("into an empty table: %+v, %v\n%s\nwant\n%s", got, err, w.exported(t), text)
	}
	w.lastEntry(t, "added IP pool", "bridge vmbr0")
}

func TestImport_isAllOrNothingAndNamesEachFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	line := func(server int64, gateway, start, stop string) string {
		return fmt.Sprintf("%d,ipv4,vmbr0,0,%s,24,,,%s,%s\n", server, gateway, start, stop)
	}
	head := strings.Join(ippool.Fields(), ",") + "\n"
	good := line(w.server, "10.0.0.1", "10.0.0.30", "10.0.0.40")
	for want, text := range map[string][]string{
		head + good + line(w.server, "gw", "10.0.1.10", "10.0.1.x"): {
			`Line 3, gateway: The gateway must be an IPv4 address`, `Line 3, address_stop: The last address must be`,
		},
		head + good + line(4711, "10.0.0.1", "10.0.1.10", "10.0.1.20"):    {"Line 3, server_id: Server 4711 is no Proxmox server"},
		head + line(w.server, "10.0.0.1", "10.0.0.5", "10.0.0.15") + good: {fmt.Sprintf("Line 2, address_start: The range overlaps pool %d (10.0.0.10 - 10.0.0.20)", old)},
		head + good + good:    {"Line 3, address_start: The range overlaps line 2 (10.0.0.30 - 10.0.0.40)"},
		head + good + "1,2\n": {"Line 3: The line has 2 cells"},
	} {
		got, err := w.book.Import(t.Context(), admin, want)
		faults, ok := errors.AsType[ippool.LineErrors](err)
		if !ok || len(faults) != len(text) || got != (pools.Imported{}) {
			t.Errorf("%s: %+v, %v; want %q", want, got, err, text)
		}
		for _, part := range text {
			if !strings.Contains(fmt.Sprint(err), part) {
				t.Errorf("%v, want %q", err, part)
			}
		}
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools"); n != "1" || len(w.entries(t)) != 1 {
		t.Errorf("%s pools, log %v", n, w.entries(t))
	}
}
