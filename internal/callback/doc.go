// Package callback asks WHMCS for what only WHMCS can do: send an e-mail, write its logs, decrypt and encrypt with its
// key, change a service through its own API. It speaks to callback.php of the addon with the signature of package bridge.
//
// It owns the request, and the judgement of what became of it (Outcome). It refuses to retry, to remember and to decide
// what an unknown outcome means: that is the outbox's business. Called by internal/app, which hands it to the outbox and
// to whoever needs a secret in plain text.
package callback
