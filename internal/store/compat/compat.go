package compat

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/schema"
)

// Complete creates the tables that are missing and adds the columns that are missing, and nothing else.
func Complete(ctx context.Context, db *sqlx.DB, tables []schema.Table) error {
	for _, t := range tables {
		if err := completeTable(ctx, db, t); err != nil {
			return fmt.Errorf("complete the table %s: %w", t.Name, err)
		}
	}
	return nil
}

func completeTable(ctx context.Context, db *sqlx.DB, t schema.Table) error {
	if _, err := db.ExecContext(ctx, createTable(t)); err != nil {
		return err
	}
	have, err := columnNames(ctx, db, t.Name)
	if err != nil {
		return err
	}
	for _, c := range t.Columns {
		if slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, c.Name) }) {
			continue
		}
		_, err := db.ExecContext(ctx, fmt.Sprintf("ALTER TABLE `%s` ADD COLUMN %s", t.Name, columnSQL(c)))
		if err != nil && tx.Number(err) != tx.DuplicateColumn { // another process was faster
			return fmt.Errorf("add the column %s: %w", c.Name, err)
		}
	}
	for _, columns := range append([][]string{{t.Key}}, t.Sorted...) {
		if err := completeIndex(ctx, db, t, columns); err != nil {
			return err
		}
	}
	return nil
}

// completeIndex makes lookups by columns fast on tables that came without an index that begins as theirs.
func completeIndex(ctx context.Context, db *sqlx.DB, t schema.Table, columns []string) error {
	var n int
	err := db.GetContext(ctx, &n, `SELECT COUNT(*) FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name = ? AND seq_in_index = 1 AND column_name = ?`, t.Name, columns[0])
	if err != nil || n > 0 {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("ALTER TABLE `%s` ADD INDEX `kvmbridge_%s` (`%s`)", t.Name, columns[0], strings.Join(columns, "`, `")))
	if tx.Number(err) == tx.DuplicateIndex {
		return nil
	}
	return err
}

func createTable(t schema.Table) string {
	var lines []string
	for _, c := range t.Columns {
		if t.Auto && c.Name == t.Key {
			c.Type += " AUTO_INCREMENT"
		}
		lines = append(lines, columnSQL(c))
	}
	lines = append(lines, fmt.Sprintf("PRIMARY KEY (`%s`)", t.Key))
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS `%s` (%s) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
		t.Name, strings.Join(lines, ", "))
}

func columnSQL(c schema.Column) string {
	return fmt.Sprintf("`%s` %s COMMENT '%s'", c.Name, c.Type, strings.ReplaceAll(c.Comment, "'", "''"))
}

func columnNames(ctx context.Context, db *sqlx.DB, table string) ([]string, error) {
	var names []string
	err := db.SelectContext(ctx, &names, `SELECT column_name AS name FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = ?`, table)
	return names, err
}
