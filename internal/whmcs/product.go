package whmcs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ProductSettings is the settings text of a product (configoption1) as WHMCS stores it, without entities; "" when the
// product does not exist or was never saved.
func (d *DB) ProductSettings(ctx context.Context, productID int64) (string, error) {
	var text sql.NullString
	err := d.sql.GetContext(ctx, &text, "SELECT configoption1 FROM tblproducts WHERE id = ?", productID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the settings of product %d: %w", productID, err)
	}
	return settings(text.String), nil
}
