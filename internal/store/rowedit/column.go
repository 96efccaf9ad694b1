package rowedit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Kind is what a column holds, as far as that decides what may be written into it.
type Kind string

// Kinds of columns.
const (
	Text    Kind = "text"
	Number  Kind = "number"  // without a fraction
	Decimal Kind = "decimal" // perhaps with one
	Date    Kind = "date"
	Moment  Kind = "moment" // date and time
	Object  Kind = "object" // JSON
	List    Kind = "list"   // JSON
	Status  Kind = "status" // of the VM
	Other   Kind = "other"  // nothing that a form can take
)

// table is the one whose rows are edited.
const table = "puqProxmoxKVM_vm_info"

// column is one of the table's, which somebody else may have made.
type column struct {
	Name     string        `db:"name"`
	Type     string        `db:"type"`
	Full     string        `db:"full_type"`
	Nullable string        `db:"nullable"`
	Extra    string        `db:"extra"`
	Comment  string        `db:"comment"`
	Room     sql.NullInt64 `db:"room"` // characters
}

func columns(ctx context.Context, q sqlx.QueryerContext) ([]column, error) {
	var list []column
	err := sqlx.SelectContext(ctx, q, &list, `SELECT column_name AS name, data_type AS type, column_type AS full_type, is_nullable AS nullable,
		extra AS extra, column_comment AS comment, character_maximum_length AS room
		FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`, table)
	return list, err
}

func (c column) is(name string) bool { return strings.EqualFold(c.Name, name) }

// fixed tells columns that say which row it is, or that the server fills.
func (c column) fixed() bool {
	extra := strings.ToUpper(c.Extra)
	return c.is("service_id") || strings.Contains(extra, "AUTO_INCREMENT") || strings.Contains(extra, "GENERATED") || c.kind("") == Other
}

func (c column) nullable() bool { return strings.EqualFold(c.Nullable, "YES") }

// secret tells a column by its name; the published ones hold none.
func (c column) secret() bool {
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "api_key", "apikey", "private"}, func(word string) bool {
		return strings.Contains(strings.ToLower(c.Name), word)
	})
}

// known are the columns of text of which more is known than their type.
func known() map[string]Kind {
	return map[string]Kind{
		"vm_status": Status, "vm_rev_dns": Object, "vm_backup_schedule": Object, "vm_snapshot_schedule": Object,
		"vm_last_action_log": Object, "vm_deploy_log": List,
	}
}

// kinds are what the types of columns hold; those that are not here hold text.
func kinds() map[string]Kind {
	return map[string]Kind{
		"tinyint": Number, "smallint": Number, "mediumint": Number, "int": Number, "bigint": Number, "year": Number,
		"decimal": Decimal, "float": Decimal, "double": Decimal, "date": Date, "datetime": Moment, "timestamp": Moment, "json": Object,
		"bit": Other, "binary": Other, "varbinary": Other, "tinyblob": Other, "blob": Other, "mediumblob": Other, "longblob": Other, "geometry": Other,
	}
}

// kind also looks at the value that stands there: a text that is JSON now stays JSON.
func (c column) kind(value string) Kind {
	k, ok := kinds()[strings.ToLower(c.Type)]
	if ok && k != Object {
		return k
	}
	if k, ok := known()[strings.ToLower(c.Name)]; ok {
		return k
	}
	return jsonKind(value)
}

// read is how the column is selected, always as text.
func (c column) read() string {
	name := "`" + strings.ReplaceAll(c.Name, "`", "``") + "`"
	if form, ok := map[Kind]string{Date: "CAST(%s AS CHAR)", Moment: "CAST(%s AS CHAR)", Other: "HEX(%s)"}[c.kind("")]; ok {
		return fmt.Sprintf(form, name)
	}
	return name
}

// bounds of a whole number, as text because BIGINT UNSIGNED exceeds int64.
func (c column) bounds() (low, high string) {
	signed := map[string][2]string{
		"tinyint": {"-128", "127"}, "smallint": {"-32768", "32767"}, "mediumint": {"-8388608", "8388607"},
		"int": {"-2147483648", "2147483647"}, "bigint": {"-9223372036854775808", "9223372036854775807"}, "year": {"0", "2155"},
	}
	unsigned := map[string]string{"tinyint": "255", "smallint": "65535", "mediumint": "16777215", "int": "4294967295", "bigint": "18446744073709551615"}
	kind := strings.ToLower(c.Type)
	if top, ok := unsigned[kind]; ok && strings.Contains(strings.ToLower(c.Full), "unsigned") {
		return "0", top
	}
	return signed[kind][0], signed[kind][1]
}
