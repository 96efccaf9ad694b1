package store

import (
	"context"
	"fmt"
)

// Rivals counts other mails of e's template to e's client of which it is not known whether WHMCS took them: in its mail
// log the traces of all of them look alike.
func (d *DB) Rivals(ctx context.Context, e Effect) (int, error) {
	var n int
	err := d.sql.GetContext(ctx, &n, `SELECT COUNT(*) FROM kvmbridge_outbox o JOIN tblhosting h ON h.id = o.service_id
		WHERE h.userid = ? AND o.kind = ? AND o.subject = ? AND o.open_attempt = 1 AND o.id <> ?`, e.ClientID, KindMail, e.Subject, e.ID)
	if err != nil {
		return 0, fmt.Errorf("look at the other mails like effect %d: %w", e.ID, err)
	}
	return n, nil
}
