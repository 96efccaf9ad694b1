package whmcs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrNoServer says that tblservers has no such row.
var ErrNoServer = errors.New("no such server entry in WHMCS")

// Server is a server entry.
type Server struct {
	ID         int64
	Name       string
	Hostname   string
	IP         string
	Port       int  // 0 = the module's default
	Secure     bool // the entry's SSL box
	Username   string
	Encrypted  string // the password as WHMCS encrypted it; "" = none
	AccessHash string
	Disabled   bool
	Type       string // folder of the server module
}

// Ours reports whether the entry belongs to our server module.
func (s Server) Ours() bool { return strings.EqualFold(s.Type, ServerModule) }

type serverRow struct {
	ID         int64          `db:"id"`
	Name       sql.NullString `db:"name"`
	Hostname   sql.NullString `db:"hostname"`
	IP         sql.NullString `db:"ipaddress"`
	Port       sql.NullInt64  `db:"port"`
	Secure     sql.NullString `db:"secure"`
	Username   sql.NullString `db:"username"`
	Password   sql.NullString `db:"password"`
	AccessHash sql.NullString `db:"accesshash"`
	Disabled   sql.NullInt64  `db:"disabled"`
	Type       sql.NullString `db:"type"`
}

// Server reads one entry; ErrNoServer when there is none.
func (d *DB) Server(ctx context.Context, id int64) (Server, error) {
	var row serverRow
	err := d.sql.GetContext(ctx, &row, `SELECT id, name, hostname, ipaddress, port, secure, username, password, accesshash, disabled, type
		FROM tblservers WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoServer
	}
	if err != nil {
		return Server{}, fmt.Errorf("read server %d: %w", id, err)
	}
	return row.server(), nil
}

// Servers reads all entries of our server module, disabled ones too, by id.
func (d *DB) Servers(ctx context.Context) ([]Server, error) {
	var rows []serverRow
	err := d.sql.SelectContext(ctx, &rows, `SELECT id, name, hostname, ipaddress, port, secure, username, password, accesshash, disabled, type
		FROM tblservers WHERE type = ? ORDER BY id`, ServerModule)
	if err != nil {
		return nil, fmt.Errorf("list servers: %w", err)
	}
	list := make([]Server, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.server())
	}
	return list, nil
}

func (r serverRow) server() Server {
	return Server{
		ID: r.ID, Name: plain(r.Name.String), Hostname: strings.TrimSpace(plain(r.Hostname.String)), IP: strings.TrimSpace(r.IP.String),
		Port: int(r.Port.Int64), Secure: strings.EqualFold(r.Secure.String, "on"), Username: strings.TrimSpace(plain(r.Username.String)),
		Encrypted: r.Password.String, AccessHash: r.AccessHash.String,
		Disabled: r.Disabled.Int64 != 0, Type: r.Type.String,
	}
}

// Fingerprint of the encrypted password: it changes when somebody saves another one.
func (s Server) Fingerprint() string {
	sum := sha256.Sum256([]byte(s.Encrypted))
	return hex.EncodeToString(sum[:])
}
