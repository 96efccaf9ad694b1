package web

// clientCopyTexts stand on the pages of backups and snapshots that a service's owner sees.
func clientCopyTexts() map[string]string {
	return map[string]string{
		"client_overview":            "Overview",
		"client_backups":             "Backups",
		"client_snapshots":           "Snapshots",
		"client_denied":              "Access Denied. This is not part of your package.",
		"client_inactive":            "This service is not active. Nothing can be done with its backups and snapshots now.",
		"client_locked":              "A backup or a restore is under way. Everything else has to wait until it has ended.",
		"client_busy":                "Your virtual machine is being worked on. Please try again when that has ended.",
		"client_wrong":               "Something went wrong. The list cannot be shown now; please try again in a few minutes.",
		"client_not_done":            "Something went wrong. Nothing was changed; please try again in a few minutes.",
		"client_no_way":              "Nothing on this page can be changed like that. Nothing was changed.",
		"client_gone_backup":         "There is no such backup (any more). Nothing was changed; choose one from the list.",
		"client_gone_snapshot":       "There is no such snapshot (any more). Nothing was changed; choose one from the list.",
		"client_unfit_restore":       "This backup cannot be restored. Choose another one.",
		"client_unfit_rollback":      "This snapshot is not complete, so that nothing can return to it. Choose another one.",
		"client_unfit_drop_backup":   "This backup is protected and cannot be removed. Please ask us for it.",
		"client_unfit_drop_snapshot": "This snapshot cannot be removed.",
		"client_over":                "This virtual machine ends or has ended. Nothing is done with its copies any more.",
		"client_since":               "since",
		"client_running":             "is under way",
		"client_failed":              "This came to nothing:",
		"client_failed_restore":      "Your virtual machine may be switched off. Restore a backup once more, or reinstall it.",
		"client_failed_else":         "You may try it again. If it comes to nothing once more, please ask us.",
		"client_zone":                "All times are in this time zone:",
		"client_refresh":             "Refresh",
		"client_unread_plan":         "Your schedule cannot be read. Please enter it again and save it.",
		"client_plan_backup":         "At these times a backup is made by itself. When there are as many as your package allows, the oldest one is removed.",
		"client_plan_snapshot":       "At these times a snapshot is taken by itself. When there are as many as your package allows, the oldest one is removed.",
	}
}
