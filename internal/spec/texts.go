package spec

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Forms of names as Proxmox VE checks them (pve-api formats pve-node, pve-storage-id) and, for logins, as useradd does.
var (
	nodeForm    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
	storageForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$`)
	loginForm   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9._-]{0,31}$`)
)

// The readers below take a trimmed text and return the form that is kept, or false.

func readNode(given string) (string, bool) {
	if strings.EqualFold(given, "automatically") {
		return "", true
	}
	return given, given == "" || nodeForm.MatchString(given)
}

func readStorage(given string) (string, bool) {
	return given, given == "" || storageForm.MatchString(given)
}

// readStorageChoice takes the reference product's "<storage>|<type>" and keeps the storage.
func readStorageChoice(given string) (string, bool) {
	name, _, _ := strings.Cut(given, "|")
	return readStorage(strings.TrimSpace(name))
}

func readUsername(given string) (string, bool) {
	return given, given == "" || loginForm.MatchString(given)
}

func readBridge(given string) (string, bool) { return given, ippool.ValidBridge(given) }

func readNameRule(given string) (string, bool) {
	if given == "" {
		return DefaultNameRule, true
	}
	return given, checkRule(given) == nil
}

// readDomain drops the leading dot of the reference product's form (product-spec A-14).
func readDomain(given string) (string, bool) {
	domain := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(given, "."), "."))
	return domain, strings.Contains(domain, ".") && validHost(domain)
}

// readHost takes a host or a URL and keeps the host with its port (product-spec A-31).
func readHost(given string) (string, bool) {
	host := given
	for _, scheme := range []string{"https://", "wss://"} {
		host = strings.TrimPrefix(host, scheme)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "/"))
	if _, err := netip.ParseAddrPort(host); err == nil {
		return host, true
	}
	name, port, hasPort := strings.Cut(host, ":")
	f, ok := asNumber(port)
	return host, host == "" || (validHost(name) && (!hasPort || (ok && f >= 1 && f <= 65535)))
}

func readWord(given string) (string, bool) {
	return given, !strings.ContainsFunc(given, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

func readMail(given string) (string, bool) {
	if strings.EqualFold(given, "none") {
		return "", true
	}
	return given, len(given) <= 255 && !strings.ContainsFunc(given, unicode.IsControl)
}
