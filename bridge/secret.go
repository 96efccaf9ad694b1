package bridge

import (
	"fmt"
	"io"
	"log/slog"
)

const mask = "********"

// Secret is a text that must not appear in logs or messages: printing it in any fmt form or logging it gives a mask.
// JSON carries it as it is, because on the signed wire it has to arrive; string(s) is the text itself.
type Secret string

// String gives the mask.
func (Secret) String() string { return mask }

// Format writes the mask for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// LogValue logs the mask.
func (Secret) LogValue() slog.Value { return slog.StringValue(mask) }
