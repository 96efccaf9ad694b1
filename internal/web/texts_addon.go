package web

// addonTexts stand in the frame of the addon's pages and on its first page.
func addonTexts() map[string]string {
	return map[string]string{
		"back":              "Back",
		"close":             "Close",
		"nav_cron":          "Cron",
		"nav_help":          "Help",
		"nav_home":          "Home",
		"nav_machines":      "VM Management",
		"nav_pools":         "IP Pools",
		"nav_settings":      "General",
		"nav_zones":         "DNS Zones",
		"no_connection":     "The page could not be reached. Nothing is known of what was sent: reload the page and look.",
		"nav_settings_menu": "Settings",
		"refused":           "This was not done",
		"product":           "Proxmox KVM (kvmbridge)",
		"working":           "Working…",
	}
}
