package traffic

import (
	"strconv"
	"time"
)

// text is a statement with thousands of rows. Numbers and moments are written into it as they are, because a parameter for
// each costs more than all the rest; texts stay parameters.
type text struct {
	sql  []byte
	args []any

	// The last moment and how it is written: most rows share theirs.
	at      uint64
	written []byte
}

func newText(head string) *text {
	t := &text{sql: make([]byte, 0, 128<<10)}
	t.sql = append(t.sql, head...)
	return t
}

func (t *text) row(write func()) {
	if t.sql[len(t.sql)-1] == ')' {
		t.sql = append(t.sql, ',')
	}
	t.sql = append(t.sql, '(')
	write()
	t.sql[len(t.sql)-1] = ')' // in place of the last comma
}

func (t *text) number(n uint64) { t.sql = append(strconv.AppendUint(t.sql, n, 10), ',') }

// moment is NULL for 0.
func (t *text) moment(at uint64) {
	if at != t.at || t.written == nil {
		t.at, t.written = at, appendMoment(t.written[:0], at)
	}
	t.sql = append(append(t.sql, t.written...), ',')
}

// appendMoment writes the form without punctuation: the server reads a number faster than a text, and a whole one fastest.
func appendMoment(sql []byte, at uint64) []byte {
	form := "20060102150405"
	switch {
	case at == 0:
		return append(sql, "NULL"...)
	case at%1e6 != 0:
		form += ".000000"
	}
	return time.UnixMicro(int64(at)).UTC().AppendFormat(sql, form) //nolint:gosec // micros made it
}

func (t *text) cell(c column, value uint64) {
	if c.moment {
		t.moment(value)
	} else {
		t.number(value)
	}
}

func (t *text) value(v any) { t.sql, t.args = append(t.sql, "?,"...), append(t.args, v) }
