// Package settings is the addon's two pages of settings, General and Cron, the latter with the table of tasks. What was typed
// is checked by internal/settings; what is wrong comes back beside its field, with everything that was typed. A form changes
// what its sender changed, and tells when somebody else changed the same since it was opened.
package settings
