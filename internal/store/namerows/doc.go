// Package namerows reads what the legacy list of names is made of, for internal/namelist: the domain of every service and
// the reverse names of its machine. It changes nothing.
package namerows
