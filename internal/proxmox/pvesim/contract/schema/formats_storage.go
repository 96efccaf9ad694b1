package schema

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// storageFormats are the ids and options of storages and volumes.
func storageFormats() []Format {
	return []Format{
		decides("pve-storage-id", storageIDFault), listOf("pve-storage-id"),
		matches("pve-volume-id", `(?i)^([a-z][a-z0-9\-_.]*[a-z0-9]):(.+)$`, "unable to parse volume ID '{v}'"),
		// Anything with a leading slash passes; that only root may use it is the handler's business.
		{Name: "pve-volume-id-or-absolute-path", Expr: `^/`, AnyOf: []string{"pve-volume-id"}, Fault: "unable to parse volume ID '{v}'"},
		{
			Name: "pve-volume-id-or-qm-path", Words: []string{"none", "cdrom"},
			AnyOf: []string{"pve-volume-id-or-absolute-path"}, Fault: "unable to parse volume ID '{v}'",
		},
		{Name: "pve-storage-content", Words: contentTypes(V74), Fault: "invalid content type '{v}'", Span: Span{Until: V74}},
		{Name: "pve-storage-content", Words: contentTypes(V84), Fault: "invalid content type '{v}'", Span: Span{Since: V84}},
		listOf("pve-storage-content"),
		matches("pve-storage-format", `raw|qcow2|vmdk|subvol`, "invalid format '{v}'").Til(V74),
		matches("pve-storage-options", `^\S+$`, "invalid options '{v}'"),
		matches("pve-storage-path", `^/[^;()]+`, "value does not look like a valid absolute path"),
		decides("pve-storage-portal-dns", portalFault), listOf("pve-storage-portal-dns"),
		{
			Name: "pve-storage-server", AnyOf: []string{"ipv4", "ipv6", "dns-name"},
			Fault: "value does not look like a valid server name or IP address",
		},
		matches("pve-storage-vgname", `(?i)^[a-z0-9][a-z0-9\-_.]*[a-z0-9]$`, "lvm name '{v}' contains illegal characters"),
		decides("pve-storage-zfs-blocksize", blockSizeFault).From(V92),
		decides("pve-dir-override", dirOverrideFault), listOf("pve-dir-override"),
		decides("storage-pair", storagePairFault), listOf("storage-pair"),
	}
}

func contentTypes(v Version) []string {
	types := []string{"images", "rootdir", "vztmpl", "iso", "backup", "snippets", "none"}
	if v > V74 {
		types = append(types, "import")
	}
	return types
}

func storageIDFault(v Version, text string) string {
	if utf8.RuneCountInString(text) < 2 && v >= V92 {
		return "storage ID '" + text + "' cannot be shorter than 2 characters"
	}
	if !compiled(`(?i)^[a-z][a-z0-9\-_.]*[a-z0-9]$`).MatchString(text) {
		return "storage ID '" + text + "' contains illegal characters"
	}
	return ""
}

// storagePairFault checks one item of a storage map: the word 1 (same names on
// both sides), one storage, or source:target. The fault of the id keeps its own
// newlines, and 0 passes unseen.
func storagePairFault(v Version, text string) string {
	ids := strings.Split(text, ":")
	if len(ids) != 2 || ids[0] == "" || ids[1] == "" {
		ids = []string{text}
	}
	for _, id := range ids {
		if fault := storageIDFault(v, id); fault != "" && text != "1" && text != "0" {
			return "entry '" + text + "' contains invalid ID - " + fault + "\n\n"
		}
	}
	return ""
}

// blockSizeFault accepts powers of two from 512 bytes to 16 MiB, or nothing.
func blockSizeFault(_ Version, text string) string {
	if text == "" {
		return ""
	}
	m := compiled(`(?i)^([1-9][0-9]*)([km])?$`).FindStringSubmatch(text)
	if m == nil {
		return "invalid ZFS blocksize format '" + text + "'. Use a positive number (no leading zeros) with an optional 'k' or 'm' suffix."
	}
	n, err := strconv.ParseUint(m[1], 10, 32)
	switch strings.ToLower(m[2]) {
	case "k":
		n <<= 10
	case "m":
		n <<= 20
	}
	if err != nil || n < 512 || n > 16<<20 || n&(n-1) != 0 {
		return "value '" + text + "' is not a valid ZFS blocksize. Must be a power of 2 between 512B and 16MiB (e.g., 4k, 8k, 16k, 64k, 1m)."
	}
	return ""
}

func dirOverrideFault(v Version, text string) string {
	m := compiled(`^([a-z]+)=([^.]*(?:\.?[^.]+)+)$`).FindStringSubmatch(text)
	if m == nil || !dirFits(m[2]) {
		return "invalid override '" + text + "'"
	}
	if !slices.Contains(contentTypes(v), m[1]) {
		return "invalid content type '" + m[1] + "'"
	}
	return ""
}

// dirFits holds the limits of file systems: 1022 characters, 254 per part.
func dirFits(path string) bool {
	if len(path) >= 1023 {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if len(part) >= 255 {
			return false
		}
	}
	return true
}

// portalFault accepts host[:port], [host][:port] and ipv6[.port].
func portalFault(v Version, text string) string {
	host := `[A-Za-z0-9\-.]+`
	m := compiled(`^(?:(` + host + `)(?::\d+)?|\[([^\]]+)\](?::\d+)?|([0-9A-Fa-f:.]+?)(?:\.\d+)?)$`).FindStringSubmatch(text)
	switch {
	case m == nil:
	case m[1] != "":
		return ""
	case m[2] != "" && (fits(v, "ipv6", m[2]) || compiled("^"+host+"$").MatchString(m[2])):
		return ""
	case m[3] != "" && (fits(v, "ipv6", m[3]) || fits(v, "ipv6", text)):
		return ""
	}
	return "value does not look like a valid portal address"
}
