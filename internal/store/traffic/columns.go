package traffic

import (
	"fmt"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// column is a part of a service's state that is a number or a moment.
type column struct {
	name   string
	moment bool // value gives microseconds since 1970, 0 = NULL
	value  func(*traffic.State) uint64
}

// kept are the columns of a state beside the service's id, the node and the version.
//
//nolint:gosec // ids, times and percentages are positive
func kept() []column {
	return []column{
		{"server_id", false, func(s *traffic.State) uint64 { return uint64(s.Last.Server) }},
		{"vm_id", false, func(s *traffic.State) uint64 { return uint64(s.Last.VMID) }},
		{"taken_at", true, func(s *traffic.State) uint64 { return micros(s.Last.At) }},
		{"uptime", false, func(s *traffic.State) uint64 { return uint64(s.Last.Uptime / time.Second) }},
		{"net_in", false, func(s *traffic.State) uint64 { return s.Last.In }},
		{"net_out", false, func(s *traffic.State) uint64 { return s.Last.Out }},
		{"hour_at", true, func(s *traffic.State) uint64 { return micros(s.Open.Start) }},
		{"hour_in", false, func(s *traffic.State) uint64 { return s.Open.In }},
		{"hour_out", false, func(s *traffic.State) uint64 { return s.Open.Out }},
		{"hour_estimated", false, func(s *traffic.State) uint64 { return s.Open.Estimated }},
		{"month_at", true, func(s *traffic.State) uint64 { return micros(s.Month.From) }},
		{"month_in", false, func(s *traffic.State) uint64 { return s.Month.In }},
		{"month_out", false, func(s *traffic.State) uint64 { return s.Month.Out }},
		{"month_estimated", false, func(s *traffic.State) uint64 { return s.Month.Estimated }},
		{"notice_at", true, func(s *traffic.State) uint64 { return micros(s.Standing.Period) }},
		{"notice", false, func(s *traffic.State) uint64 { return uint64(s.Standing.Notice) }},
		{"throttled", false, func(s *traffic.State) uint64 { return bit(s.Standing.Throttled) }},
	}
}

// micros is 0 for the zero time.
func micros(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMicro())
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// list writes a form for the name of each column.
func list(columns []column, form string) string {
	var out strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&out, form, c.name)
	}
	return out.String()
}
