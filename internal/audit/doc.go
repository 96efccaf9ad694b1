// Package audit compares what clusters hold with what the database says and reports every difference in a sentence.
//
// It refuses to read either side, which internal/app/machines does, and to change anything.
package audit
