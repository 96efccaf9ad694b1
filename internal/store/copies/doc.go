// Package copies is the database's side of internal/keeping: the table of deeds, the weekly plans in the records, and the hold
// on a machine, which is a lease like the engine's under a name of its own.
package copies
