package web

import "maps"

// English is the catalogue every other language falls back to.
func English() map[string]string {
	all := map[string]string{}
	for _, chapter := range chapters() {
		maps.Copy(all, chapter)
	}
	return all
}

// chapters are the texts by where they stand; no key is in two of them.
func chapters() []map[string]string {
	return []map[string]string{
		commonTexts(), addonTexts(), machineTexts(), deedTexts(), settingsTexts(), listTexts(), zoneTexts(), zoneRecordTexts(), poolTexts(), poolFormTexts(), addressTexts(), recordTexts(),
		copyTexts(), copyPlanTexts(), copyDeedTexts(), clientCopyTexts(),
	}
}

// commonTexts stand on the service page, the client's page and the product's.
func commonTexts() map[string]string {
	return map[string]string{
		"addresses":        "Addresses",
		"all_well":         "No VM needs attention.",
		"alarm":            "Alarm:",
		"attention":        "Needs attention",
		"client_preparing": "Your virtual machine is being prepared. You get an e-mail when it is ready.",
		"client_ready":     "Your virtual machine is running.",
		"client_suspended": "Your virtual machine is switched off because the service is suspended.",
		"client_other":     "Your virtual machine is being worked on.",
		"client_none":      "There is no virtual machine for this service yet.",
		"count":            "VMs",
		"dns_failed":       "DNS records that failed",
		"dns_pending":      "DNS records that are not as they should be yet",
		"dns_retry":        "They are tried again by themselves.",
		"domain":           "Domain",
		"duration":         "Duration",
		"error":            "Last error",
		"home":             "kvmbridge status",
		"last_action":      "Last action",
		"mails_waiting":    "Messages waiting for WHMCS",
		"next_try":         "It is tried again by itself.",
		"no_next_try":      "It is not tried again by itself: press Terminate when the cause is gone.",
		"no_record":        "No VM record. Run Create to order one.",
		"no_runs":          "Nothing has been done yet.",
		"no_vms":           "No VMs yet. Order a product of this module, or run Create on a service.",
		"result":           "Result",
		"service":          "Service",
		"set_vm_id":        "Enter an id and press Save Changes to set a VM that exists already.",
		"settings_good":    "The saved settings are valid.",
		"settings_bad":     "The saved settings have faults. Orders of this product fail until they are mended:",
		"settings_keys":    "Keys of the settings",
		"since":            "Since",
		"status":           "Status",
		"step":             "Step",
		"suspended":        "suspended",
		"username":         "User name",
		"version":          "Version",
		"vm":               "VM",
		"vm_id_hint":       "The virtual machine must be created and not used by another service.",
		"why":              "Reason",
	}
}
