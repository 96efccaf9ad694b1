// Package schema is kvmbridge's own part of WHMCS's database: numbered migrations for the tables of ours (prefix
// kvmbridge_), and the list of columns that the tables named as in the reference product must have. Those may exist
// already with other columns and types, therefore they are completed and never changed. internal/store applies both.
package schema

import (
	"embed"
	"io/fs"
)

//go:embed *.sql
var files embed.FS

// Files returns the migrations for goose, one statement each, because MySQL and MariaDB commit every DDL by itself.
func Files() fs.FS { return files }
