package schema

import (
	"slices"
	"strconv"
	"strings"
)

// guestFormats are the values of a VM's configuration that are no property
// strings.
func guestFormats() []Format {
	return []Format{
		decides("pve-cpuset", cpusetFault),
		decides("pve-startup-order", startupFault),
		decides("pve-hotplug-features", hotplugFault),
		decides("pve-phys-bits", func(_ Version, text string) string {
			if n, ok := digits(text); text == "host" || ok && n >= 8 && n <= 64 {
				return ""
			}
			return "value must be an integer between 8 and 64 or 'host'"
		}),
		decides("pve-qm-bootdev", func(_ Version, text string) string {
			if isKey(text, diskBuses()) || isKey(text, map[string]int{"net": 31, "usb": 13, "hostpci": 15}) {
				return ""
			}
			return "invalid boot device '" + text + "'"
		}),
		listOf("pve-qm-bootdev"),
		decides("pve-qm-bootdisk", func(_ Version, text string) string {
			if isKey(text, diskBuses()) || isKey(text, map[string]int{"efidisk": 0, "tpmstate": 0}) {
				return ""
			}
			return "invalid boot disk '" + text + "'"
		}),
		matches("pve-qm-usb-device", `(?i)^(?:(?:0x)?[0-9a-f]{4}:(?:0x)?[0-9a-f]{4}|\d+-\d+(?:\.\d+)*|spice)$`,
			"unable to parse usb device").Til(V74),
	}
}

// diskBuses gives the highest index of each bus (pve-behaviour §4.4).
func diskBuses() map[string]int {
	return map[string]int{"ide": 3, "sata": 5, "scsi": 30, "virtio": 15}
}

// isKey tells whether a text is one of the names followed by an index in range.
func isKey(text string, last map[string]int) bool {
	name := strings.TrimRight(text, "0123456789")
	highest, known := last[name]
	index := text[len(name):]
	n, err := strconv.Atoi(index)
	return known && err == nil && strconv.Itoa(n) == index && n <= highest
}

func cpusetFault(_ Version, text string) string {
	text = strings.TrimRight(text, ",")
	if text == "" {
		return ""
	}
	for part := range strings.SplitSeq(text, ",") {
		m := compiled(`^\s*(\d+)(?:-(\d+))?\s*$`).FindStringSubmatch(part)
		if m == nil || m[2] != "" && toNumber(m[2]) < toNumber(m[1]) {
			return "unable to parse cpuset option"
		}
	}
	return ""
}

func startupFault(_ Version, text string) string {
	const fault = "unable to parse startup options"
	if text == "" || text == "0" {
		return fault
	}
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) != "" && !compiled(`^(?:(?:order=)?\d+|up=\d+|down=\d+)$`).MatchString(part) {
			return fault
		}
	}
	return ""
}

// hotplugFault accepts 0 (nothing), 1 (the default) or a list of features.
func hotplugFault(_ Version, text string) string {
	if text == "0" || text == "1" {
		return ""
	}
	known := []string{"network", "disk", "cpu", "memory", "usb", "cloudinit"}
	for _, item := range SplitList(text) {
		if !slices.Contains(known, item) {
			return "invalid hotplug feature '" + item + "'"
		}
	}
	return ""
}

// cpuVerdict judges the cpu key: the model has to exist, and flags are limited
// to those a VM may set.
func cpuVerdict(v Version, keys map[string]string) string {
	model := keys["cputype"]
	switch {
	case model == "" || model == "0":
		return "CPU is missing cputype"
	case strings.HasPrefix(model, "custom-"):
		return "Custom cputype '" + strings.TrimPrefix(model, "custom-") + "' not found"
	case !slices.Contains(cpuModels(v), model) && (v == V74 || !slices.Contains(cpuLevels(), model)):
		return "Built-in cputype '" + model + "' is not defined (missing 'custom-' prefix?)"
	case keys["flags"] != "" && !cpuFlagsFit(v, keys["flags"]):
		return "VM-specific CPU flags must be a subset of: " + strings.Join(cpuFlags(v), ", ")
	case keys["reported-model"] != "":
		return "Property 'reported-model' not allowed in VM-specific CPU config."
	}
	return ""
}

func cpuFlagsFit(v Version, flags string) bool {
	for item := range strings.SplitSeq(strings.TrimSuffix(flags, "\n"), ";") {
		name := strings.TrimLeft(item, "+-")
		if len(item) != len(name)+1 || !slices.Contains(cpuFlags(v), name) {
			return false
		}
	}
	return true
}

func cpuFlags(v Version) []string {
	flags := []string{
		"pcid", "spec-ctrl", "ibpb", "ssbd", "virt-ssbd", "amd-ssbd", "amd-no-ssb", "pdpe1gb", "md-clear",
		"hv-tlbflush", "hv-evmcs", "aes",
	}
	if v >= V92 {
		flags = append([]string{"nested-virt"}, flags...)
	}
	return flags
}
