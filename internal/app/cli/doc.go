// Package cli owns the command line: the sub-commands, their flags, what they print and their exit codes (0 done,
// 1 the work failed or faults were found, 2 the command line makes no sense).
//
// It refuses to do the work itself: that comes in as Actions from internal/app, its only caller besides tests.
package cli
