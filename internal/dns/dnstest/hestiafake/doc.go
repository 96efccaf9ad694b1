// Package hestiafake is the API of a HestiaCP panel as far as DNS needs it: one http.Handler with users, zones, records and
// the refusals, slowness and traps of the original (dns-providers.md §3). Nothing is kinder here than there: arguments are
// positional, lists are not quite JSON, ids are reused, a command goes on when its client has left. Served tells what a name
// server would make of a zone. It is a test tool that also the demo and the benchmark may run.
package hestiafake
