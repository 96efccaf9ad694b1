package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Kinds of effects.
const (
	KindMail     = "mail"     // SendEmail: Subject is the template's name
	KindActivity = "activity" // LogActivity: Subject is the entry's text
	KindWebhook  = "webhook"  // a POST to the operator's address: Subject is the text
	KindPassword = "password" // UpdateClientProduct: the guest's password that WHMCS does not know
	KindNote     = "note"     // ModuleLog: Subject is the action, Vars["text"] what happened
)

// Box holds the effects; it is safe for concurrent use.
type Box struct{ sql *sqlx.DB }

// New reads and writes the database behind db.
func New(db *sqlx.DB) *Box { return &Box{db} }

// Effect is something that WHMCS has to do for us, exactly once.
type Effect struct {
	ID        int64
	ServiceID int64
	ClientID  int64 // owner of the service, 0 when the service is gone
	Kind      string
	Subject   string
	Vars      map[string]string
	Attempts  int
	// Open: an earlier try may have been carried out. Look for its traces behind Mark before trying again.
	Open      bool
	Mark      Mark
	CreatedAt time.Time
	LastError string
}

// Mark remembers how far WHMCS's logs reached before a try, so that the traces of the try can be told from older ones.
type Mark struct {
	Mail     int64 // highest tblemails.id
	Activity int64 // highest tblactivitylog.id
}

// Pending lists up to limit effects that may be tried at now, oldest first; next is the earliest later moment, zero when there is none.
func (b *Box) Pending(ctx context.Context, now time.Time, limit int) (effects []Effect, next time.Time, err error) {
	var rows []struct {
		ID    int64     `db:"id"`
		DueAt time.Time `db:"due_at"`
	}
	err = b.sql.SelectContext(ctx, &rows, "SELECT id, due_at FROM kvmbridge_outbox WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT ?", limit+1)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("list pending effects: %w", err)
	}
	var ids []int64
	for _, r := range rows {
		if r.DueAt.After(now) || len(ids) == limit {
			next = r.DueAt
			break
		}
		ids = append(ids, r.ID)
	}
	if len(ids) == 0 {
		return nil, next, nil
	}
	effects, err = b.effects(ctx, now, ids)
	return effects, next, err
}

// effects reads those of ids that are due still: somebody may have begun a try since they were listed, and what is read here
// would take it for one that is over.
func (b *Box) effects(ctx context.Context, now time.Time, ids []int64) ([]Effect, error) {
	query, args, err := sqlx.In(`SELECT o.id, o.service_id, COALESCE(h.userid, 0) AS client_id, o.kind, o.subject, o.vars, o.attempts, o.open_attempt,
		o.mark_mail, o.mark_activity, o.created_at, COALESCE(o.last_error, '') AS last_error
		FROM kvmbridge_outbox o LEFT JOIN tblhosting h ON h.id = o.service_id WHERE o.id IN (?) AND o.due_at <= ? ORDER BY o.id`, ids, tx.Moment(now))
	if err != nil {
		return nil, fmt.Errorf("list pending effects: %w", err)
	}
	var rows []effectRow
	if err := b.sql.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("list pending effects: %w", err)
	}
	list := make([]Effect, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.effect())
	}
	return list, nil
}

type effectRow struct {
	ID        int64     `db:"id"`
	ServiceID int64     `db:"service_id"`
	ClientID  int64     `db:"client_id"`
	Kind      string    `db:"kind"`
	Subject   string    `db:"subject"`
	Vars      string    `db:"vars"`
	Attempts  int       `db:"attempts"`
	Open      bool      `db:"open_attempt"`
	MarkMail  int64     `db:"mark_mail"`
	MarkAct   int64     `db:"mark_activity"`
	CreatedAt time.Time `db:"created_at"`
	LastError string    `db:"last_error"`
}

func (r effectRow) effect() Effect {
	return Effect{
		ID: r.ID, ServiceID: r.ServiceID, ClientID: r.ClientID, Kind: r.Kind, Subject: r.Subject, Vars: plain.Names(r.Vars),
		Attempts: r.Attempts, Open: r.Open, Mark: Mark{r.MarkMail, r.MarkAct}, CreatedAt: r.CreatedAt, LastError: r.LastError,
	}
}

// Attempt announces a try that must be over at until; nobody else may try before. It updates e. The mark of an earlier
// try with unknown outcome stays, because its traces begin there. pipeline.ErrLost: somebody else tries, or it is delivered.
func (b *Box) Attempt(ctx context.Context, e *Effect, until time.Time, mark Mark) error {
	if e.Open {
		mark = e.Mark
	}
	err := tx.ExactlyOne(b.sql.ExecContext(ctx, `UPDATE kvmbridge_outbox SET attempts = attempts + 1, open_attempt = 1, mark_mail = ?, mark_activity = ?, due_at = ?
		WHERE id = ? AND attempts = ? AND due_at IS NOT NULL`, mark.Mail, mark.Activity, tx.Moment(until), e.ID, e.Attempts))
	if err != nil {
		return fmt.Errorf("announce the delivery of effect %d: %w", e.ID, err)
	}
	e.Attempts, e.Open, e.Mark = e.Attempts+1, true, mark
	return nil
}

// Delivered ends an effect. pipeline.ErrLost: another try has begun since.
func (b *Box) Delivered(ctx context.Context, e Effect, at time.Time) error {
	err := tx.ExactlyOne(b.sql.ExecContext(ctx, `UPDATE kvmbridge_outbox SET due_at = NULL, delivered_at = ?, open_attempt = 0, last_error = NULL, vars = ''
		WHERE id = ? AND attempts = ? AND due_at IS NOT NULL`, tx.Moment(at), e.ID, e.Attempts))
	if err != nil {
		return fmt.Errorf("note the delivery of effect %d: %w", e.ID, err)
	}
	return nil
}

// Postponed puts an effect off until the given time. uncertain: the try may have been carried out after all, such as a
// lost answer; otherwise WHMCS refused it and nothing happened. pipeline.ErrLost: another try has begun since.
func (b *Box) Postponed(ctx context.Context, e Effect, until time.Time, cause string, uncertain bool) error {
	err := tx.ExactlyOne(b.sql.ExecContext(ctx, `UPDATE kvmbridge_outbox SET due_at = ?, open_attempt = ?, last_error = ?
		WHERE id = ? AND attempts = ? AND due_at IS NOT NULL`, tx.Moment(until), uncertain, plain.Text(cause), e.ID, e.Attempts))
	if err != nil {
		return fmt.Errorf("postpone effect %d: %w", e.ID, err)
	}
	return nil
}

// PutMail leaves a mail with the transaction that is its reason.
func PutMail(ctx context.Context, q *sqlx.Tx, serviceID int64, m vm.Mail, at time.Time) error {
	return put(ctx, q, serviceID, KindMail, m.Template, plain.JSON(m.Vars), at)
}

// PutKnownMail is PutMail for a mail that is sent only where WHMCS has such a template (product-spec A-16).
func PutKnownMail(ctx context.Context, q *sqlx.Tx, serviceID int64, m vm.Mail, at time.Time) error {
	var known bool
	err := q.GetContext(ctx, &known, "SELECT EXISTS (SELECT 1 FROM tblemailtemplates WHERE name = ? AND type = 'product')", m.Template)
	if err != nil || !known {
		return err
	}
	return PutMail(ctx, q, serviceID, m, at)
}

// PutActivity leaves an entry for WHMCS's activity log.
func PutActivity(ctx context.Context, q *sqlx.Tx, serviceID int64, entry string, at time.Time) error {
	return put(ctx, q, serviceID, KindActivity, entry, "{}", at)
}

// PutNote leaves an entry for WHMCS's module log.
func PutNote(ctx context.Context, q *sqlx.Tx, serviceID int64, n vm.Note, at time.Time) error {
	return put(ctx, q, serviceID, KindNote, n.Action, plain.JSON(map[string]string{"text": plain.Clean(n.Text)}), at)
}

// PutWebhook leaves a message for the operator's own address.
func PutWebhook(ctx context.Context, q *sqlx.Tx, serviceID int64, text string, at time.Time) error {
	return put(ctx, q, serviceID, KindWebhook, text, "", at)
}

// PutPassword lets WHMCS know the guest's password; the entry names only the service.
func PutPassword(ctx context.Context, q *sqlx.Tx, serviceID int64, at time.Time) error {
	return put(ctx, q, serviceID, KindPassword, "", "", at)
}

func put(ctx context.Context, q *sqlx.Tx, serviceID int64, kind, subject, vars string, at time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_outbox (service_id, kind, subject, vars, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)`,
		serviceID, kind, plain.Clean(subject), vars, tx.Moment(at), tx.Moment(at))
	return err
}

// Rivals counts other mails of e's template to e's client of which it is not known whether WHMCS took them: in its mail
// log the traces of all of them look alike.
func (b *Box) Rivals(ctx context.Context, e Effect) (int, error) {
	var n int
	err := b.sql.GetContext(ctx, &n, `SELECT COUNT(*) FROM kvmbridge_outbox o JOIN tblhosting h ON h.id = o.service_id
		WHERE h.userid = ? AND o.kind = ? AND o.subject = ? AND o.open_attempt = 1 AND o.id <> ?`, e.ClientID, KindMail, e.Subject, e.ID)
	if err != nil {
		return 0, fmt.Errorf("look at the other mails like effect %d: %w", e.ID, err)
	}
	return n, nil
}

// ForgetDelivered deletes messages that WHMCS took before that moment.
func (b *Box) ForgetDelivered(ctx context.Context, before time.Time) error {
	_, err := b.sql.ExecContext(ctx, "DELETE FROM kvmbridge_outbox WHERE delivered_at < ? LIMIT 10000", tx.Moment(before))
	if err != nil {
		return fmt.Errorf("forget delivered messages: %w", err)
	}
	return nil
}

// Waiting counts the messages that WHMCS has not taken yet.
func (b *Box) Waiting(ctx context.Context) (int, error) {
	var n int
	if err := b.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE due_at IS NOT NULL"); err != nil {
		return 0, fmt.Errorf("count waiting messages: %w", err)
	}
	return n, nil
}
