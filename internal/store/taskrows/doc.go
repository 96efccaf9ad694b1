// Package taskrows keeps the table kvmbridge_tasks: when each periodic task ran last, how that went and who is at it. A run is
// claimed by one UPDATE that only one process can win, because each claim moves the row's token. It decides nothing about
// when a task is due (internal/tasks); internal/app gives it to the runner and the page of tasks.
package taskrows
