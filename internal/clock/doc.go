// Package clock is time as a value: whoever waits or stamps takes a Clock, so that tests and
// benchmarks can run an hour in a second. It owns no schedule and starts no goroutine of its own.
package clock
