// Package config owns how kvmbridge is told what to do: the table of options, the places their values come from and
// the sentences that say what is wrong with them. Values come, in rising priority, from the defaults, WHMCS's
// configuration.php, a TOML file and KVMBRIDGE_* variables.
//
// It refuses to guess (an unknown key, a secret given twice, a value out of range is a fault, and all faults are
// reported at once), to print a secret, and to open anything but files: databases and networks are looked at by
// the probes of internal/app, its caller.
package config
