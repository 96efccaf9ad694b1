// Package dnsbench measures what DNS costs and whether it ever fails those who ask, for make bench. It starts its own servers.
package dnsbench
