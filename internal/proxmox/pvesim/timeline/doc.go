// Package timeline is the simulator's time: a queue of things that will happen, carried out in
// order and each at exactly its own moment whenever somebody looks at the clock. There is no
// goroutine behind it, so real, scaled and stepped clocks give the same story. It also owns the
// locks tasks wait for, because waiting is a matter of time. Callers serialise access themselves.
// Package world runs on it.
package timeline
