// Package seal keeps secrets unreadable in the database: AES-256-GCM under a key derived from the installation's key material.
//
// Every sealed text is bound to its purpose and row, so that it cannot be moved to another row. The package knows no
// tables; internal/store seals what it writes. It does not read or imitate WHMCS's own encryption.
package seal
