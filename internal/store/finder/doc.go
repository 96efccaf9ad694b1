// Package finder answers questions over all machines: which one a person means, and what a server has. It changes
// nothing; internal/store embeds it for the command line.
package finder
