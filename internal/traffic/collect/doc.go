// Package collect reads the traffic of all services: one list of guests from each cluster, averages where counters leave
// something open, and what internal/traffic makes of both into the ledger. It is the work of the task collectingStatistics.
//
// A cluster that does not answer costs only itself: its services keep their last reading, and the next one that arrives says
// what passed meanwhile. A guest without figures is left alone; nobody writes a 0 for it. Accounts are read before the
// clusters are asked, so a reading is never older than the state it is added to.
package collect
