// Package roster is the list of all machines that staff page through: every service of our products and every record,
// filtered, searched and sorted.
//
// It owns which machines are on which page (index.go, select.go), how a text is found among all of them (haystack.go,
// query.go), how old the index may be (shelf.go), and which buttons a machine has (deed.go). Membership and order come from
// an index in memory; what a row shows is read afresh for every page, so that it is the truth of the moment.
//
// It refuses to know SQL (internal/store/roster) and to decide whether a deed is allowed (internal/desk). Called by the
// addon's page of machines.
package roster
