// Package outbox keeps what others have to do for us: WHMCS its mails, log entries and passwords, the operator's webhook its
// messages. Whoever settles something puts its effects in with the same transaction; internal/courier carries each there
// exactly once. internal/store embeds it.
package outbox
