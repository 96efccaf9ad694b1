package lines

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Lines prints runs as they happen, in the reference product's form (product-spec §12.6, L3-L9 and L15-L17). Lines of one run
// stay together only while one machine is worked on; every block names its service.
type Lines struct {
	mu  sync.Mutex
	w   io.Writer
	clk clock.Clock
}

// New prints to w; a write error is not reported, the run matters more than its picture. Time stamps are those of clk.
func New(w io.Writer, clk clock.Clock) *Lines { return &Lines{w: w, clk: clk} }

// short tells the tables that are one handler in the reference product; they have no frame but lines with a time stamp.
func short(t pipeline.Table[vm.Machine]) bool {
	return slices.Contains([]string{"terminate", "reinstall", "set_dns_records"}, t.Name)
}

// stamped prints <ts>   sid:<sid><body>.
func (l *Lines) stamped(m *vm.Machine, body string) {
	l.print("%s   sid:%d%s\n", l.clk.Now().Format(time.DateTime), m.ServiceID, body)
}

// Detail prints one detail of a run in progress; in a frame, which names the service, without its number.
func (l *Lines) Detail(m *vm.Machine, body string) {
	if vm.Building(m.Status) || vm.Changing(m.Status) {
		l.print("%s       · %s\n", l.clk.Now().Format(time.DateTime), body)
		return
	}
	l.stamped(m, "    · "+body)
}

// Began implements pipeline.Observer.
func (l *Lines) Began(t pipeline.Table[vm.Machine], m *vm.Machine) {
	if short(t) {
		l.stamped(m, "  ["+t.Name+"] starting")
		return
	}
	l.print("\n--- %s: service=%d vm=%s status=%s ---\n", t.Title, m.ServiceID, vmid(m), m.Status)
}

// Settled implements pipeline.Observer.
func (l *Lines) Settled(t pipeline.Table[vm.Machine], m *vm.Machine, e pipeline.Entry) {
	if short(t) {
		l.stamped(m, fmt.Sprintf("  [%s] done (%s) result=%s", t.Name, Seconds(e.Took), e.Result))
		return
	}
	label := e.Label
	if e.Skip != "" {
		label += " (skip — " + e.Skip + ")"
	}
	l.print("%s\n", stepLine("[+]", e, label, "success"))
}

// Stood implements pipeline.Observer.
func (l *Lines) Stood(t pipeline.Table[vm.Machine], m *vm.Machine, e pipeline.Entry, _ pipeline.Trouble) {
	if short(t) {
		l.stamped(m, fmt.Sprintf("  [%s] waiting (%s) %s", t.Name, Seconds(e.Took), e.Result))
		return
	}
	l.print("%s\n--- %s paused: waiting at [%s] ---\n", stepLine("[!]", e, e.Label, e.Result), t.Title, e.From)
}

// Ended implements pipeline.Observer.
func (l *Lines) Ended(t pipeline.Table[vm.Machine], m *vm.Machine) {
	if short(t) {
		return
	}
	l.print("--- %s complete: service=%d status=%s ---\n", t.Title, m.ServiceID, m.Status)
}

func (l *Lines) print(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.w, format, args...)
}

func vmid(m *vm.Machine) string {
	if m.VMID == 0 {
		return ""
	}
	return strconv.Itoa(m.VMID)
}

// stepLine pads the label to 35 characters; a longer one is followed by one blank.
func stepLine(mark string, e pipeline.Entry, label, result string) string {
	pad := max(35-utf8.RuneCountInString(label), 0)
	return fmt.Sprintf("  %s %2d. %s%*s %s (%s -> %s) [%s]", mark, e.N, label, pad, "", result, e.From, e.To, Seconds(e.Took))
}

// Seconds prints d with up to two decimals and no trailing zeros: 5.1s, 0.05s, 0s.
func Seconds(d time.Duration) string {
	return strconv.FormatFloat(math.Round(d.Seconds()*100)/100, 'f', -1, 64) + "s"
}
