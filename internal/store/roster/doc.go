// Package roster reads the list of all machines for internal/roster: its index in a few large queries, and the rows of a page
// in one by their ids. It changes nothing.
package roster
