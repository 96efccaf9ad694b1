// Package settings answers for the configuration of guests: reading it, changing it now or at the next start,
// and the disks that come and go with it (pve-behaviour §5, §7). Package lifecycle borrows its checks for
// guests that are being made.
package settings
