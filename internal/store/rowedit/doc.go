// Package rowedit lets a person change a VM record by hand, column by column, also columns that only the reference product
// knows. An edit is compared with what the person saw: a record that changed meanwhile is not overwritten. It checks that
// what is written fits its column, and what is done by this module beside it: the id's reservation, the holdings of a guest
// that is gone, the entry of the activity log. Whether the edit makes sense is the person's to know.
//
// A pass over the machine loses its lease through an edit, as it does through a reset: it could otherwise write back the
// id and the name that it read before. Its next pass begins at once with the edited record.
// internal/app/pages/vmrecord shows it.
package rowedit
