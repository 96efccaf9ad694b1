package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// option ties a configurable option to the setting that it overrides.
type option struct{ name, path string }

// TrafficLimit is the configurable option of an allowance; the reference product has none.
const TrafficLimit = "Traffic Limit"

// options is product-spec §14.1: plain names are matched exactly.
func options() []option {
	return []option{
		{"CPU Cores", "vm.cpu"},
		{"RAM", "vm.ram_gb"},
		{"System Disk", "system_disk.size_gb"},
		{"Additional Disk", "additional_disk.size_gb"},
		{"System Disk Read Bandwidth", "system_disk.read_mbps"},
		{"System Disk Write Bandwidth", "system_disk.write_mbps"},
		{"System Disk Read IOPS", "system_disk.read_iops"},
		{"System Disk Write IOPS", "system_disk.write_iops"},
		{"Additional Disk Read Bandwidth", "additional_disk.read_mbps"},
		{"Additional Disk Write Bandwidth", "additional_disk.write_mbps"},
		{"Additional Disk Read IOPS", "additional_disk.read_iops"},
		{"Additional Disk Write IOPS", "additional_disk.write_iops"},
		{"Network Bandwidth", "network.bandwidth_mbps"},
		{TrafficLimit, "traffic.limit_gb"},
		{"IPv4 Addresses", "network.ipv4"},
		{"IPv6 Addresses", "network.ipv6"},
		{"Backups", "vm.backups"},
		{"Snapshots", "vm.snapshots"},
		{operatingSystem, "vm.template"},
	}
}

const (
	operatingSystem = "Operating System"
	additionalDisk  = "Additional Disk"
)

// legacyNames is product-spec §14.2: the prefix before "|" of an option's old name, and the plain name that it stands for.
func legacyNames() map[string]string {
	return map[string]string{
		"Backups": "B", "Snapshots": "S", "CPU Cores": "CPU", "RAM": "RAM",
		"IPv4 Addresses": "ipv4", "IPv6 Addresses": "ipv6", operatingSystem: "OS",
	}
}

// OptionNames lists the configurable options that a product may have, by their plain names.
func OptionNames() []string {
	var names []string
	for _, o := range options() {
		names = append(names, o.name)
	}
	return names
}

// applyOptions overrides s by what the client ordered and returns a sentence for each value that cannot be used. An assigned
// value counts even when it is 0 (product-spec §14.3); an empty one is as good as none.
func applyOptions(s *Spec, assigned map[string]string) []string {
	var faults []string
	for _, o := range options() {
		name, value, ok := assignedValue(assigned, o.name)
		if !ok || (o.name == operatingSystem && isZero(value)) {
			continue
		}
		key, _ := find(o.path)
		if !key.put(s, json.Number(value)) {
			faults = append(faults, key.fault(fmt.Sprintf("The configurable option %q", name), value))
			continue
		}
		if o.name == additionalDisk {
			s.Additional.Explicit = true
		}
	}
	return faults
}

// isZero: an operating system of 0 means the product's own.
func isZero(value string) bool {
	f, ok := asNumber(value)
	return ok && f == 0
}

// assignedValue looks an option up by its plain name, then by its legacy prefix; names and values may still carry the part
// behind "|" that is meant for people.
func assignedValue(assigned map[string]string, plain string) (name, value string, ok bool) {
	if value := valuePart(assigned[plain]); value != "" {
		return plain, value, true
	}
	prefix, ok := legacyNames()[plain]
	if !ok {
		return "", "", false
	}
	var candidates []string
	for name := range assigned {
		if valuePart(name) == prefix && valuePart(assigned[name]) != "" {
			candidates = append(candidates, name)
		}
	}
	if len(candidates) == 0 {
		return "", "", false
	}
	name = slices.Min(candidates)
	return name, valuePart(assigned[name]), true
}

func valuePart(text string) string {
	value, _, _ := strings.Cut(text, "|")
	return strings.TrimSpace(value)
}
