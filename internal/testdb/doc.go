// Package testdb gives every test a database of its own: WHMCS's tables and ours, on a real MariaDB or MySQL server.
//
// KVMBRIDGE_TEST_DSN names a server to use (root or a user who may create databases). Without it the first test of a
// binary starts a private MariaDB, which ends with the test binary however that ends. Where neither is possible the test
// is skipped with one line. The package imports testing and is for tests only.
package testdb
