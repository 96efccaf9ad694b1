package web

// listTexts stand in lists and forms of every kind.
func listTexts() map[string]string {
	return map[string]string{
		"attempts":    "Tries",
		"delete":      "Delete",
		"edit":        "Edit",
		"next":        "Next",
		"optional":    "(optional)",
		"previous":    "Previous",
		"retry":       "Retry",
		"rows":        "Rows",
		"settings_of": "Settings",
		"test":        "Test",
		"ttl":         "TTL",
		"type":        "Type",
		"zone":        "Zone",
	}
}

// zoneTexts stand on the page of DNS zones.
func zoneTexts() map[string]string {
	return map[string]string{
		"notice_zone_added":   "The zone was added. Test it, then press \"Set DNS records\" on the services whose records it is to hold.",
		"notice_zone_changed": "The zone was saved. Records that failed in it are tried again now.",
		"notice_zone_deleted": "The zone was deleted here. Nothing was changed at its DNS server.",
		"zone_add":            "+ Add DNS Zone",
		"zone_add_title":      "Add DNS Zone",
		"zone_again":          "What was typed here is not kept. Enter it once more.",
		"zone_anyway_delete":  "Delete anyway: I know that these records stay at the DNS server and that nobody removes them.",
		"zone_anyway_edit":    "Save anyway: it is the same zone by another address, or I know that the records stay where they are.",
		"zone_behind_many":    "records of ours stay behind in this zone. Nobody touches them there any more, also not when their VMs end.",
		"zone_behind_one":     "record of ours stays behind in this zone. Nobody touches it there any more, also not when its VM ends.",
		"zone_choose":         "Choose the type",
		"zone_delete_none":    "No record of ours is in it.",
		"zone_delete_title":   "Delete DNS Zone",
		"zone_delete_what":    "Its entry is forgotten here. At the DNS server nothing is changed.",
		"zone_edit_title":     "Edit DNS Zone",
		"zone_forward":        "forward: A and AAAA records",
		"zone_hint":           "Forward: example.com / Reverse IPv4: 100.51.198.in-addr.arpa",
		"zone_keep":           "(unchanged — enter new to replace)",
		"zone_look_again":     "Open the zone as it is saved now",
		"zone_none_found":     "No zone is like that. Search for a part of a name, a type or a server.",
		"zone_power_title":    "What PowerDNS needs",
		"zone_power_what":     "The server's API must be switched on. In pdns.conf, with the address of the machine on which kvmbridge runs in place of 192.0.2.10:",
		"zone_reverse4":       "reverse IPv4: PTR records",
		"zone_reverse6":       "reverse IPv6: PTR records",
		"zone_search_hint":    "name, type or server",
		"zone_take_over":      "Replace reverse records of others when an address is ours",
		"zone_tick":           "Tick the box if that is meant.",
		"zone_ttl_hint":       "seconds that resolvers keep an answer",
		"zone_unreadable":     "The saved secret cannot be read. Enter it again.",
		"zones_empty":         "No DNS zone is configured yet, so no records are kept for VMs.",
		"zones_empty_next":    "Add one zone per domain or network: the forward zone of the product's main domain, and the reverse zones of the IP pools. Have at hand where each is kept: at Cloudflare its zone id and an API token that may edit DNS; at HestiaCP the server's address and the admin's password or access key; at PowerDNS the API's address and its key.",
		"zones_lost_many":     "records of ours are in zones whose entries were deleted here. Nobody touches them any more: remove them at the DNS server when their VMs are gone. \"kvmbridge dns plan\" names them.",
		"zones_lost_one":      "record of ours is in a zone whose entry was deleted here. Nobody touches it any more: remove it at the DNS server when its VM is gone. \"kvmbridge dns plan\" names it.",
	}
}

// zoneRecordTexts stand on the test of a zone and over its records.
func zoneRecordTexts() map[string]string {
	return map[string]string{
		"notice_record_quiet":   "The record is right or gone meanwhile: nothing was changed.",
		"notice_record_retried": "The record is due now and is tried within seconds.",
		"notice_zone_quiet":     "No record of the zone is failed: nothing was changed.",
		"notice_zone_retried":   "The failed records of the zone are due now and are tried within seconds.",
		"zone_count_failed":     "Failed",
		"zone_count_live":       "Live",
		"zone_count_pending":    "Pending",
		"zone_late":             "The test was ended because no answer came in time. Look whether the server can be reached from the machine on which kvmbridge runs.",
		"zone_not_by_itself":    "not by itself",
		"zone_now":              "now",
		"zone_records":          "Records",
		"zone_records_all":      "Everything that is not right yet",
		"zone_records_failed":   "Only what failed",
		"zone_records_next":     "Next try",
		"zone_records_none":     "Nothing is like that. What is live is right and not listed here.",
		"zone_records_search":   "name, value or service id",
		"zone_records_show":     "Show",
		"zone_records_title":    "Records that are not right yet",
		"zone_records_well":     "All records of this zone are as they should be.",
		"zone_retry_all":        "Retry all that failed",
		"zone_test_again":       "Test again",
		"zone_test_bad":         "The zone cannot be used as it is.",
		"zone_test_good":        "The zone can be reached and written.",
		"zone_test_title":       "Test DNS Zone",
		"zone_wanted":           "Wanted",
		"zone_wanted_check":     "to be looked at",
		"zone_wanted_remove":    "to be removed",
		"zone_wanted_write":     "to be written",
	}
}
