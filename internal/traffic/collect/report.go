package collect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// line is what is said of one service; 0 = of a server, or of all.
type line struct {
	service int64
	failed  bool
	text    string
}

func (r *run) trouble(service int64, err error) {
	text := err.Error()
	if service != 0 {
		text = fmt.Sprintf("sid:%d [%s]", service, text)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line{service, true, text})
}

// done reports the updates that carry a new reading.
func (r *run) done(saved []*traffic.Update) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range saved {
		before := u.Was.Last.At
		if u.Last.At.Equal(before) {
			continue
		}
		last := "never"
		if !before.IsZero() {
			last = before.In(r.terms.Zone).Format(time.DateTime)
		}
		r.lines = append(r.lines, line{u.ServiceID, false, "sid:" + strconv.FormatInt(u.ServiceID, 10) + " [success] last:" + last + ", collected"})
	}
}

// report counts and sorts what was said.
func (r *run) report() (processed, errors int, details []string) {
	slices.SortStableFunc(r.lines, func(a, b line) int { return cmp.Compare(a.service, b.service) })
	for _, l := range r.lines {
		if l.failed {
			errors++
		} else {
			processed++
		}
		details = append(details, l.text)
	}
	return processed, errors, details
}
