package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Purposes of secrets: part of what a sealed text is bound to.
const (
	guestPassword  = "guest_password"
	serverPassword = "server_password"
)

var errNoBox = errors.New("there is no key for secrets; give the program WHMCS's configuration.php (--whmcs) or a seal_key of its own")

// ErrNoCredentials says that WHMCS has not handed over this server's decrypted password yet.
var ErrNoCredentials = errors.New("the server's password is not known yet")

// Credentials is what WHMCS decrypted for us.
type Credentials struct {
	// Fingerprint is of the encrypted text in tblservers that Password was made from (whmcs.Server.Fingerprint);
	// when the two differ the password is stale and has to be asked for again.
	Fingerprint string
	Password    string // or the secret of an API token
}

// Credentials of a server entry; ErrNoCredentials when none were saved.
func (d *DB) Credentials(ctx context.Context, serverID int64) (Credentials, error) {
	var row struct {
		Fingerprint string `db:"fingerprint"`
		Sealed      []byte `db:"sealed"`
	}
	err := d.sql.GetContext(ctx, &row, "SELECT fingerprint, sealed FROM kvmbridge_servers WHERE server_id = ?", serverID)
	if errors.Is(err, sql.ErrNoRows) {
		return Credentials{}, ErrNoCredentials
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("read the credentials of server %d: %w", serverID, err)
	}
	password, err := d.open(serverPassword, serverID, row.Sealed)
	if err != nil {
		return Credentials{}, fmt.Errorf("read the credentials of server %d: %w", serverID, err)
	}
	return Credentials{Fingerprint: row.Fingerprint, Password: password}, nil
}

// SaveCredentials keeps a server's password sealed, in place of an earlier one.
func (d *DB) SaveCredentials(ctx context.Context, serverID int64, c Credentials) error {
	sealed, err := d.seal(serverPassword, serverID, c.Password)
	if err != nil {
		return fmt.Errorf("save the credentials of server %d: %w", serverID, err)
	}
	now := tx.Moment(d.cfg.Clock.Now())
	_, err = d.sql.ExecContext(ctx, `INSERT INTO kvmbridge_servers (server_id, fingerprint, sealed, saved_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE fingerprint = VALUES(fingerprint), sealed = VALUES(sealed), saved_at = VALUES(saved_at)`,
		serverID, c.Fingerprint, sealed, now)
	if err != nil {
		return fmt.Errorf("save the credentials of server %d: %w", serverID, err)
	}
	return nil
}

func (d *DB) seal(purpose string, row int64, text string) ([]byte, error) {
	if d.cfg.Box == nil {
		return nil, errNoBox
	}
	return d.cfg.Box.Seal(purpose, row, text), nil
}

func (d *DB) open(purpose string, row int64, sealed []byte) (string, error) {
	if d.cfg.Box == nil {
		return "", errNoBox
	}
	return d.cfg.Box.Open(purpose, row, sealed)
}
