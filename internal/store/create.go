package store

import (
	"context"
	"errors"
	"fmt"
)

// CreateDatabase makes an empty database of cfg's name for the demo and for tests; production uses WHMCS's own.
func CreateDatabase(ctx context.Context, cfg Config) error {
	name := cfg.Database
	cfg.Database = ""
	d, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	_, err = d.sql.ExecContext(ctx, "CREATE DATABASE `"+name+"` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
	if err != nil {
		err = fmt.Errorf("create database %s: %w", name, err)
	}
	return errors.Join(err, d.Close())
}
