// Package pdns runs a private PowerDNS server with its API and a database of its own: for tests and for figures.
//
// It owns the process and the files in the folder that it is given, and never touches a server that it did not start.
package pdns
