package store

import (
	"context"
	"fmt"
)

// Rivals looks at the other mails of e's template to e's client: in WHMCS's mail log their traces look like those of e.
// confirmed counts those that WHMCS took in tries begun behind e.Mark; open says that of another it is not known.
func (d *DB) Rivals(ctx context.Context, e Effect) (confirmed int, open bool, err error) {
	var row struct {
		Confirmed int `db:"confirmed"`
		Open      int `db:"open"`
	}
	err = d.sql.GetContext(ctx, &row, `SELECT
		COUNT(CASE WHEN o.delivered_at IS NOT NULL AND o.mark_mail >= ? THEN 1 END) AS confirmed, COUNT(CASE WHEN o.open_attempt = 1 THEN 1 END) AS open
		FROM kvmbridge_outbox o JOIN tblhosting h ON h.id = o.service_id
		WHERE h.userid = ? AND o.kind = ? AND o.subject = ? AND o.id <> ?`, e.Mark.Mail, e.ClientID, KindMail, e.Subject, e.ID)
	if err != nil {
		return 0, false, fmt.Errorf("look at the other mails like effect %d: %w", e.ID, err)
	}
	return row.Confirmed, row.Open > 0, nil
}
