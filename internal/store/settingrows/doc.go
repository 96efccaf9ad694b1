// Package settingrows keeps the settings that an administrator saved, in the table kvmbridge_settings. A form is saved as a
// whole or not at all, with an entry for WHMCS's activity log, and only where nobody changed the same setting meanwhile. It
// knows neither ranges nor meanings (internal/settings).
package settingrows
