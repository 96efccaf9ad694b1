package whmcs

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Marks are the highest ids of WHMCS's mail log and activity log.
type Marks struct{ Mail, Activity int64 }

// Marks says how far WHMCS's mail log and activity log reach; what is written later has a higher id.
func (d *DB) Marks(ctx context.Context) (Marks, error) {
	var m Marks
	err := d.sql.GetContext(ctx, &m.Mail, "SELECT COALESCE(MAX(id), 0) FROM tblemails")
	if err == nil {
		err = d.sql.GetContext(ctx, &m.Activity, "SELECT COALESCE(MAX(id), 0) FROM tblactivitylog")
	}
	if err != nil {
		return m, fmt.Errorf("read how far WHMCS's logs reach: %w", err)
	}
	return m, nil
}

// MailsAfter counts mails made from a template for a client behind mark. WHMCS's log does not name the template, so
// subjects are compared with the template's subject in any language, merge fields standing for any text.
func (d *DB) MailsAfter(ctx context.Context, clientID, mark int64, template string) (int, error) {
	var subjects []string
	err := d.sql.SelectContext(ctx, &subjects, "SELECT DISTINCT COALESCE(subject, '') FROM tblemailtemplates WHERE name = ? AND type = 'product'", template)
	if err != nil {
		return 0, fmt.Errorf("read the mail template %q: %w", template, err)
	}
	if len(subjects) == 0 {
		return 0, nil
	}
	query := "SELECT COUNT(*) FROM tblemails WHERE userid = ? AND id > ? AND (subject LIKE ?" + strings.Repeat(" OR subject LIKE ?", len(subjects)-1) + ")"
	args := []any{clientID, mark}
	for _, s := range subjects {
		args = append(args, likePattern(s))
	}
	var n int
	if err := d.sql.GetContext(ctx, &n, query, args...); err != nil {
		return 0, fmt.Errorf("look for mails to client %d: %w", clientID, err)
	}
	return n, nil
}

var mergeField = regexp.MustCompile(`\{[^}]*\}`)

// likePattern turns a Smarty subject into a pattern for LIKE.
func likePattern(subject string) string {
	parts := mergeField.Split(subject, -1)
	quote := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for i, p := range parts {
		parts[i] = quote.Replace(p)
	}
	return strings.Join(parts, "%")
}

// ActivityAfter reports whether the activity log has an entry behind mark that contains text; WHMCS may have encoded it.
func (d *DB) ActivityAfter(ctx context.Context, mark int64, text string) (bool, error) {
	var n int
	err := d.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM tblactivitylog WHERE id > ? AND (LOCATE(?, description) > 0 OR LOCATE(?, description) > 0)",
		mark, text, encoded(text))
	if err != nil {
		return false, fmt.Errorf("look into the activity log: %w", err)
	}
	return n > 0, nil
}

// encoded is text as PHP's htmlspecialchars writes it.
func encoded(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#039;").Replace(text)
}
