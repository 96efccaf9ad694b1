// Package courier carries the outbox to where its messages belong: WHMCS's callback.php, and the operator's webhook. It owns how
// often and when; internal/store owns what is waiting, internal/callback how it is said.
package courier
