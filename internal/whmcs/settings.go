package whmcs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// AddonSettings reads the settings of our addon, as far as WHMCS has stored any. WHMCS writes the module's name in lower
// case in some versions and as it is in others. It may keep an empty row beside the one that activation wrote: the first
// value counts, as in the shim's Settings.
func (d *DB) AddonSettings(ctx context.Context) (map[string]string, error) {
	var rows []struct {
		Name  sql.NullString `db:"setting"`
		Value sql.NullString `db:"value"`
	}
	err := d.sql.SelectContext(ctx, &rows, "SELECT setting, value FROM tbladdonmodules WHERE LOWER(module) = ? ORDER BY id", AddonModule)
	if err != nil {
		return nil, fmt.Errorf("read the addon's settings: %w", err)
	}
	settings := map[string]string{}
	for _, r := range rows {
		settings[r.Name.String] = cmp.Or(settings[r.Name.String], strings.TrimSpace(plain(r.Value.String)))
	}
	return settings, nil
}

// SystemURL is WHMCS's address for browsers with a slash at its end; "" when it is not set.
func (d *DB) SystemURL(ctx context.Context) (string, error) {
	var value sql.NullString
	err := d.sql.GetContext(ctx, &value, "SELECT value FROM tblconfiguration WHERE setting = 'SystemURL' LIMIT 1")
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read WHMCS's address: %w", err)
	}
	url := strings.TrimSpace(plain(value.String))
	if url == "" {
		return "", nil
	}
	return strings.TrimRight(url, "/") + "/", nil
}

// ServiceIDsOfServer lists the services assigned to a server entry, by id.
func (d *DB) ServiceIDsOfServer(ctx context.Context, serverID int64) ([]int64, error) {
	var ids []int64
	if err := d.sql.SelectContext(ctx, &ids, "SELECT id FROM tblhosting WHERE server = ? ORDER BY id", serverID); err != nil {
		return nil, fmt.Errorf("list the services of server %d: %w", serverID, err)
	}
	return ids, nil
}
