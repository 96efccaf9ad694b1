// Package outbox keeps what WHMCS has to do for us: mails, entries of its logs, passwords. Whoever settles something puts
// its effects in with the same transaction; internal/app carries each to WHMCS exactly once. internal/store embeds it.
package outbox
