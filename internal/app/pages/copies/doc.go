// Package copies is the page of one machine's backups and snapshots: what is under way and what came of it, the lists, the
// weekly plans, and the forms that order something. What is done and what is refused is internal/keeping's.
//
// Everything but the two lists comes from the database. The lists are read from the cluster within a bounded time; without them
// the page says why and offers the rest.
//
// In WHMCS's client area the same is for the machine's owner: the forms lead through the same checks, copies go by handles, and
// errors stay with staff. There an order is looked at against the lists before it goes to internal/keeping.
package copies
