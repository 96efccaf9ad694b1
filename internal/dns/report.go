package dns

import (
	"fmt"
	"strings"
)

// Report tells how the records of a service stand after an order.
type Report struct {
	Zones int // configured zones; 0 = there is nothing to keep
	// Lines are what happened, in the reference product's form (product-spec §8.11).
	Lines []string
	// Counts of zones that got the forward records, and of reverse records.
	ForwardOK, ForwardErr, ReverseOK, ReverseErr int
	// Pending are records that are still on their way; the keeper goes on by itself.
	Pending int
	// Errors are the lines of what failed.
	Errors []string
}

// Failed tells whether anything failed.
func (r Report) Failed() bool { return r.ForwardErr+r.ReverseErr+len(r.Errors) > 0 }

// Text is the summary with what failed.
func (r Report) Text() string {
	return strings.Join(append([]string{r.Summary()}, r.Errors...), "\n")
}

// Summary is the counts as a line.
func (r Report) Summary() string {
	text := fmt.Sprintf("DNS: forward_ok: %d, forward_err: %d, rev_ok: %d, rev_err: %d", r.ForwardOK, r.ForwardErr, r.ReverseOK, r.ReverseErr)
	if r.Pending > 0 {
		text += fmt.Sprintf(", %d still on their way", r.Pending)
	}
	return text
}
