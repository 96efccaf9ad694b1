// Package wire is what the clients of DNS providers have in common: HTTP calls that never follow a redirect, errors fit to be
// shown and without secrets, repetition. It knows no provider.
package wire
