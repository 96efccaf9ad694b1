// Package guess remembers what a process has seen of a cluster and nobody needs to be told: how long tasks take, and where
// guests on their way will use memory. A wrong guess costs calls or balance, never correctness.
package guess
