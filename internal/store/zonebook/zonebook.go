package zonebook

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

// Book reads and writes the zones; it is safe for concurrent use.
type Book struct {
	sql *sqlx.DB
	box *seal.Box
}

// New keeps the zones in the database behind db; box seals their secrets.
func New(db *sqlx.DB, box *seal.Box) *Book { return &Book{db, box} }

// ErrNoZone says that there is no zone of that id.
var ErrNoZone = errors.New("there is no such DNS zone: it may have been deleted meanwhile")

const (
	purpose    = "dns_zone"
	sealedMark = "sealed:" // before base64 in the stored JSON
	takeOver   = "take_over"
)

type row struct {
	ID     int64          `db:"id"`
	Zone   string         `db:"zone"`
	Type   string         `db:"type"`
	TTL    int            `db:"ttl"`
	Config sql.NullString `db:"config"`
}

const columns = "SELECT id, zone, type, ttl, config FROM puq_proxmox_kvm_dns_zones"

// DNSZones lists the zones by id. One whose secrets cannot be opened is listed without them, and with its Fault.
func (b *Book) DNSZones(ctx context.Context) ([]zones.Zone, error) {
	list, err := b.list(ctx, b.sql, " ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("list the DNS zones: %w", err)
	}
	return list, nil
}

func (b *Book) list(ctx context.Context, q sqlx.QueryerContext, rest string) ([]zones.Zone, error) {
	var rows []row
	if err := sqlx.SelectContext(ctx, q, &rows, columns+rest); err != nil {
		return nil, err
	}
	list := make([]zones.Zone, 0, len(rows))
	for _, r := range rows {
		list = append(list, b.zone(r))
	}
	return list, nil
}

// DNSZone is one zone; ErrNoZone when there is none.
func (b *Book) DNSZone(ctx context.Context, id int64) (zones.Zone, error) {
	var r row
	err := b.sql.GetContext(ctx, &r, columns+" WHERE id = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return zones.Zone{}, ErrNoZone
	}
	if err != nil {
		return zones.Zone{}, fmt.Errorf("read DNS zone %d: %w", id, err)
	}
	return b.zone(r), nil
}

func (b *Book) zone(r row) zones.Zone {
	z := zones.Zone{
		ID: r.ID, Name: zones.Name(r.Zone), Provider: strings.ToLower(r.Type), TTL: r.TTL, Fields: map[string]string{}, Revision: b.revision(r),
	}
	var config map[string]any
	if json.Unmarshal([]byte(r.Config.String), &config) != nil {
		return z // an empty form says what is missing
	}
	for name, value := range config {
		text, err := b.open(r.ID, value)
		if err != nil {
			z.Fault = fmt.Sprintf("the saved secret of zone %s cannot be read (%v): enter it again", r.Zone, err)
			continue
		}
		z.Fields[name] = text
	}
	z.TakeOver = z.Fields[takeOver] == "1"
	delete(z.Fields, takeOver)
	return z
}

func (b *Book) revision(r row) string {
	return b.box.Fingerprint(purpose, r.ID, plain.JSON([]any{r.Zone, r.Type, r.TTL, r.Config.String}))
}

func (b *Book) open(id int64, value any) (string, error) {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value), nil
	}
	packed, sealed := strings.CutPrefix(text, sealedMark)
	if !sealed {
		return text, nil
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return "", err
	}
	return b.box.Open(purpose, id, raw)
}

func (b *Book) config(id int64, z zones.Zone) string {
	config := map[string]string{}
	if z.TakeOver {
		config[takeOver] = "1"
	}
	for _, f := range zones.Find(z.Provider).Fields {
		value := z.Fields[f.Name]
		if f.Secret && value != "" {
			value = sealedMark + base64.StdEncoding.EncodeToString(b.box.Seal(purpose, id, value))
		}
		config[f.Name] = value
	}
	return plain.JSON(config)
}
