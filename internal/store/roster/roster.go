package roster

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/roster"
)

// serverModule is what tblproducts.servertype holds for our products.
const serverModule = "puqProxmoxKVM"

// Rows is safe for concurrent use.
type Rows struct{ sql *sqlx.DB }

// New asks the database behind db.
func New(db *sqlx.DB) *Rows { return &Rows{db} }

var _ roster.Source = (*Rows)(nil)

// Index implements roster.Source.
func (r *Rows) Index(ctx context.Context) (*roster.Index, error) {
	l := loader{sql: r.sql, b: roster.NewBuilder(), words: map[string]string{}}
	if err := l.load(ctx); err != nil {
		return nil, fmt.Errorf("read the list of machines: %w", err)
	}
	return l.b.Index(), nil
}

// loader fills a builder. The order of its questions leaves no machine out: a service that is made meanwhile may lack its
// record for once.
type loader struct {
	sql   *sqlx.DB
	b     *roster.Builder
	words map[string]string // statuses, one copy each
}

func (l *loader) load(ctx context.Context) error {
	for _, part := range []func(context.Context) error{l.products, l.servers, l.records, l.services, l.strangers, l.clients, l.worries} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// cells are the columns of one row, valid until the next.
type cells []sql.RawBytes

func (c cells) id(n int) int64 {
	id, _ := strconv.ParseInt(string(c[n]), 10, 64)
	return id
}

// rows gives each row of a query.
func (l *loader) rows(ctx context.Context, each func(cells), query string, args ...any) error {
	rows, err := l.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, into := make(cells, len(columns)), make([]any, len(columns))
	for n := range row {
		into[n] = &row[n]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		each(row)
	}
	return rows.Err()
}

func (l *loader) products(ctx context.Context) error {
	return l.rows(ctx, func(c cells) { l.b.Product(c.id(0), string(c[1])) }, "SELECT id, name FROM tblproducts")
}

func (l *loader) servers(ctx context.Context) error {
	return l.rows(ctx, func(c cells) { l.b.Server(c.id(0), string(c[1])) }, "SELECT id, name FROM tblservers")
}

// clients are all there are: finding out which of them have a machine takes longer than reading them.
func (l *loader) clients(ctx context.Context) error {
	return l.rows(ctx, func(c cells) { l.b.Client(c.id(0), string(c[1]), string(c[2]), string(c[3])) },
		"SELECT id, firstname, lastname, companyname FROM tblclients")
}

const hosting = "SELECT h.id, h.userid, h.packageid, h.server, h.domainstatus, CONCAT_WS(' ', h.dedicatedip, h.assignedips) FROM tblhosting h "

func (l *loader) services(ctx context.Context) error {
	return l.rows(ctx, l.service, hosting+"JOIN tblproducts p ON p.id = h.packageid WHERE p.servertype = ?", serverModule)
}

func (l *loader) service(c cells) {
	l.b.Service(c.id(0), c.id(1), c.id(2), c.id(3), l.word(c[4]), c[5])
}

// records cuts names off where no list of names can be; they cannot be read then.
func (l *loader) records(ctx context.Context) error {
	return l.rows(ctx, func(c cells) { l.b.Record(c.id(0), int(c.id(1)), l.word(c[2]), c[3], c[4]) },
		"SELECT service_id, vm_id, vm_status, vm_name, LEFT(vm_rev_dns, 1048576) FROM puqProxmoxKVM_vm_info")
}

func (l *loader) worries(ctx context.Context) error {
	return l.rows(ctx, func(c cells) { l.b.Worry(c.id(0)) }, "SELECT service_id FROM kvmbridge_vm WHERE attention_at IS NOT NULL")
}

// chunk is how many ids one question names.
const chunk = 1000

// strangers are records whose services are of other products by now, or gone.
func (l *loader) strangers(ctx context.Context) error {
	strangers := l.b.Strangers()
	for len(strangers) > 0 {
		n := min(len(strangers), chunk)
		if err := l.lookUp(ctx, strangers[:n]); err != nil {
			return err
		}
		strangers = strangers[n:]
	}
	return nil
}

func (l *loader) lookUp(ctx context.Context, ids []int64) error {
	list := "(?" + strings.Repeat(", ?", len(ids)-1) + ")"
	args := make([]any, 0, len(ids))
	for _, id := range ids {
		args = append(args, id)
	}
	err := l.rows(ctx, func(c cells) { l.b.Place(c.id(0), c.id(1)) }, "SELECT service_id, server_id FROM kvmbridge_vm WHERE service_id IN "+list, args...)
	if err != nil {
		return err
	}
	return l.rows(ctx, l.service, hosting+"WHERE h.id IN "+list, args...)
}

func (l *loader) word(text []byte) string {
	word, known := l.words[string(text)]
	if !known {
		word = string(text)
		l.words[word] = word
	}
	return word
}
