package vm

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Lines prints runs as they happen, in the reference product's form (product-spec §12.6, L3-L9). Lines of one run stay
// together only while one machine is worked on; every block names its service.
type Lines struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLines prints to w; a write error is not reported, the run matters more than its picture.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Began implements pipeline.Observer.
func (l *Lines) Began(t pipeline.Table[Machine], m *Machine) {
	l.print("\n--- %s: service=%d vm=%s status=%s ---\n", t.Title, m.ServiceID, vmid(m), m.Status)
}

// Settled implements pipeline.Observer.
func (l *Lines) Settled(_ pipeline.Table[Machine], _ *Machine, e pipeline.Entry) {
	label := e.Label
	if e.Skip != "" {
		label += " (skip — " + e.Skip + ")"
	}
	l.print("%s\n", stepLine("[+]", e, label, "success"))
}

// Stood implements pipeline.Observer.
func (l *Lines) Stood(t pipeline.Table[Machine], _ *Machine, e pipeline.Entry, _ pipeline.Trouble) {
	l.print("%s\n--- %s paused: waiting at [%s] ---\n", stepLine("[!]", e, e.Label, e.Result), t.Title, e.From)
}

// Ended implements pipeline.Observer.
func (l *Lines) Ended(t pipeline.Table[Machine], m *Machine) {
	l.print("--- %s complete: service=%d status=%s ---\n", t.Title, m.ServiceID, m.Status)
}

func (l *Lines) print(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.w, format, args...)
}

func vmid(m *Machine) string {
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
