// Package refusal is the one way the simulator says no: an HTTP status, the text of the status line
// and, for parameter faults, the text per field. It decides nothing; every other package of the
// simulator returns its errors, and the wire prints them in the form of the simulated version.
package refusal
