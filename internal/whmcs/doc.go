// Package whmcs answers questions about WHMCS's tables: what a service is, what a server entry says, what was mailed.
//
// It only reads, and only the columns it names; internal/store lists them in its Grants. It returns answers, not rows: NULL
// is "", entities are decoded, zero dates do not come up. It refuses to decrypt: passwords come decrypted through the
// callback. Callers are vm (Catalogue), the outbox and the assembly in internal/app.
package whmcs
