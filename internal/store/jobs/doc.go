// Package jobs is the queue of one-off jobs in kvmbridge_jobs, for those who put something in with a transaction of their own.
// internal/store takes jobs up and ends them.
package jobs
