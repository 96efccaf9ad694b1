// Package lines prints what is done to machines while it is done, in the form that operators of the reference product know.
// It watches the engine and knows nothing else.
package lines
