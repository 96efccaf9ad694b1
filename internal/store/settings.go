package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// instanceSetting holds the name of this installation.
const instanceSetting = "instance"

// Setting reads a setting of ours; "" when it was never saved.
func (d *DB) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := d.sql.GetContext(ctx, &value, "SELECT value FROM kvmbridge_settings WHERE name = ?", name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the setting %s: %w", name, err)
	}
	return value, nil
}

// SaveSetting writes a setting of ours.
func (d *DB) SaveSetting(ctx context.Context, name, value string) error {
	_, err := d.sql.ExecContext(ctx, `INSERT INTO kvmbridge_settings (name, value, changed_at) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE value = VALUES(value), changed_at = VALUES(changed_at)`, name, value, tx.Moment(d.cfg.Clock.Now()))
	if err != nil {
		return fmt.Errorf("save the setting %s: %w", name, err)
	}
	return nil
}

// Instance implements vm.Registry: whoever comes first names the installation.
func (d *DB) Instance(ctx context.Context) (string, error) {
	name, err := d.Setting(ctx, instanceSetting)
	if err != nil || name != "" {
		return name, err
	}
	fresh := strings.ToLower(rand.Text()[:12])
	_, err = d.sql.ExecContext(ctx, `INSERT INTO kvmbridge_settings (name, value, changed_at) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE value = value`, instanceSetting, fresh, tx.Moment(d.cfg.Clock.Now()))
	if err != nil {
		return "", fmt.Errorf("name this installation: %w", err)
	}
	return d.Setting(ctx, instanceSetting)
}
