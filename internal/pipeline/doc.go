// Package pipeline carries a record through a table of steps: it claims, runs, retries and writes down.
//
// A table is data. A step looks at the world first, then acts, and answers nil (advance), Skip, Wait, Park or an error.
// What happens when Proxmox is down: the step fails, the status stays, the reason is on the record, and the engine tries
// again with growing pauses for ever; after ten failures in a row or fifteen minutes a person is told once. A process
// that dies loses its lease after a while and another one goes on from the last settled status. The engine knows neither
// machines nor SQL: the record's type is a parameter, the Store an interface.
package pipeline
