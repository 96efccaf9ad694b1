package lines_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
)

// The forms L3, L6, L7, L8 and L9 of product-spec §12.6.
func TestLines_haveTheReferenceForm(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	l := lines.New(&b, at{})
	m := &vm.Machine{ServiceID: 7012, VMID: 4105, Status: vm.Cloned}
	tb := pipeline.Table[vm.Machine]{Title: "Deploy"}
	l.Began(tb, m)
	l.Settled(tb, m, pipeline.Entry{N: 3, Label: "Set CPU & RAM", From: "migrated", To: "set_cpu_ram", Took: 110 * time.Millisecond})
	l.Settled(tb, m, pipeline.Entry{N: 4, Label: "Resize system disk", From: "set_cpu_ram", To: "set_system_disk_size", Skip: "no change"})
	l.Stood(tb, m, pipeline.Entry{N: 11, Label: "Start VM", From: "set_cloudinit", To: "set_cloudinit", Result: errors.New("VM is locked (backup)").Error(), Took: 5110 * time.Millisecond}, pipeline.Trouble{})
	m.Status = vm.Ready
	l.Ended(tb, m)
	want := `
--- Deploy: service=7012 vm=4105 status=clone ---
  [+]  3. Set CPU & RAM                       success (migrated -> set_cpu_ram) [0.11s]
  [+]  4. Resize system disk (skip — no change) success (set_cpu_ram -> set_system_disk_size) [0s]
  [!] 11. Start VM                            VM is locked (backup) (set_cloudinit -> set_cloudinit) [5.11s]
--- Deploy paused: waiting at [set_cloudinit] ---
--- Deploy complete: service=7012 status=ready ---
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// The form L5.
func TestLines_detailsWithinAFrame(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	l := lines.New(&b, at{})
	for _, status := range []pipeline.State{vm.Cloned, vm.ChangePackage} {
		l.Detail(&vm.Machine{ServiceID: 7012, Status: status}, "fwd OK [powerdns] example.net ← 7012-1790000000.example.net (2 IPs)")
	}
	line := "2026-05-02 10:05:01       · fwd OK [powerdns] example.net ← 7012-1790000000.example.net (2 IPs)\n"
	if b.String() != line+line {
		t.Errorf("got\n%s\nwant twice\n%s", b.String(), line)
	}
}

type at struct{}

func (at) Now() time.Time                       { return time.Date(2026, 5, 2, 10, 5, 1, 0, time.UTC) }
func (at) After(time.Duration) <-chan time.Time { return nil }

// The forms L15 to L17 of product-spec §12.6.
func TestLines_ofATerminationCarryTheTime(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	l := lines.New(&b, at{})
	m := &vm.Machine{ServiceID: 7012, Status: vm.Terminate}
	tb := pipeline.Table[vm.Machine]{Name: "terminate", Title: "Terminate"}
	l.Began(tb, m)
	l.Detail(m, "removing backups")
	l.Settled(tb, m, pipeline.Entry{N: 1, Result: "success", Took: 28940 * time.Millisecond})
	l.Ended(tb, m)
	want := `2026-05-02 10:05:01   sid:7012  [terminate] starting
2026-05-02 10:05:01   sid:7012    · removing backups
2026-05-02 10:05:01   sid:7012  [terminate] done (28.94s) result=success
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
