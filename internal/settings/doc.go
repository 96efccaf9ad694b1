// Package settings is the table of what an administrator may set while kvmbridge runs: names, labels, defaults, ranges and
// meanings, the check of what was typed, and the typed values that the rest of the program obeys. A setting that was never
// saved has its default, which for some comes from the configuration file. Live reads the saved ones every few seconds, so
// that a change counts on every replica without a restart. It knows no SQL; internal/store/settingrows keeps the rows.
package settings
