package store

import (
	"database/sql"
	"fmt"
	"strings"
)

// text is a parameter for a column where NULL means none.
func text(s string) sql.NullString {
	return sql.NullString{String: clean(s), Valid: s != ""}
}

// maxText keeps one text far below the 64 KiB of a TEXT column.
const maxText = 8000

// clean makes a foreign text storable: a strict server refuses broken UTF-8 and too much of anything.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + " ..."
	}
	return strings.ToValidUTF8(s, "?")
}

// wrap names the operation and the service, the cause stays last.
func wrap(err error, operation string, serviceID int64) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of service %d: %w", operation, serviceID, err)
}
