// Command schema applies the migrations to an empty database on a private server and prints the tables that result.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kvmbridge/kvmbridge/internal/mariadb"
	"github.com/kvmbridge/kvmbridge/internal/store"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "kvmbridge-schema")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := mariadb.Start(ctx, mariadb.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer server.Stop()
	cfg := store.Config{Net: "unix", Addr: server.Socket, User: server.User, Database: "mysql"}
	admin, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	if _, err := admin.Handle().ExecContext(ctx, "CREATE DATABASE kvmbridge CHARACTER SET utf8mb4"); err != nil {
		return err
	}
	cfg.Database = "kvmbridge"
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	return print(ctx, db)
}

func print(ctx context.Context, db *store.DB) error {
	var tables []string
	if err := db.Handle().SelectContext(ctx, &tables, "SHOW TABLES"); err != nil {
		return err
	}
	for _, t := range tables {
		var name, create string
		if err := db.Handle().QueryRowxContext(ctx, "SHOW CREATE TABLE `"+t+"`").Scan(&name, &create); err != nil {
			return err
		}
		fmt.Printf("%s;\n\n", create)
	}
	return nil
}
