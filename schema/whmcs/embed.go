// Package whmcsschema holds the part of WHMCS's database that kvmbridge, its PHP shim and devhost touch, as SQL
// for test databases and the demo. It is a reconstruction from public evidence, not WHMCS's own schema: column
// names are what modules read and write on live installations, types are the loosest that are known to occur.
//
// Production code never applies it: WHMCS owns these tables. Callers are testdb and the demo.
package whmcsschema

import (
	"embed"
	"io/fs"
)

//go:embed *.sql
var files embed.FS

// Files returns the SQL files. Read in the order of their names and split at ";" they load in one go into MariaDB
// 10.3+ or MySQL 5.7+, and again over themselves. They switch the session to a lax sql_mode, which zero-date
// defaults need, so all statements must run on one connection.
func Files() fs.FS { return files }
