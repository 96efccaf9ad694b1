// Package mariadb runs a private MariaDB server in a folder of its caller's: for tests and for the demo.
//
// It owns the server process and nothing else: no schema, no connection pool, no folder (the caller removes it).
// It never touches a server that it did not start. Callers are internal/testdb and the demo in internal/app.
package mariadb
