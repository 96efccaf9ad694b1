package config

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The checks return the end of a sentence that begins with "<key> " and goes on with what to write.

func notEmpty(text string) string {
	if text == "" {
		return "must not be empty"
	}
	return ""
}

func oneOf(words ...string) func(string) string {
	return func(text string) string {
		if slices.Contains(words, text) {
			return ""
		}
		last := len(words) - 1
		return "must be " + strings.Join(words[:last], ", ") + " or " + words[last]
	}
}

func between(low, high int) func(string) string {
	return func(text string) string {
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high {
			return fmt.Sprintf("must be a whole number from %d to %d", low, high)
		}
		return ""
	}
}

func lasting(low, high string) func(string) string {
	return func(text string) string {
		d, err := time.ParseDuration(text)
		least, _ := time.ParseDuration(low)
		most, _ := time.ParseDuration(high)
		if err != nil || d < least || d > most {
			return fmt.Sprintf("must be a duration from %s to %s, such as \"%s\"", low, high, low)
		}
		return ""
	}
}

func absolute(text string) string {
	if text != "" && !filepath.IsAbs(text) {
		return "must be a full path that begins with \"/\""
	}
	return ""
}

func atLeast16(text string) string {
	if text != "" && len(text) < 16 {
		return "must have at least 16 characters"
	}
	return ""
}

func timeZone(text string) string {
	if _, err := time.LoadLocation(text); err != nil || text == "" {
		return "must be Local or the name of a time zone, such as \"Europe/Warsaw\""
	}
	return ""
}

func webAddress(text string) string {
	u, err := url.Parse(text)
	if text != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return "must be an address that begins with https:// or http://"
	}
	return ""
}

func fingerprint(text string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if text != "" && (err != nil || len(raw) != 32) {
		return "must be a SHA-256 fingerprint: 64 hexadecimal digits, colons allowed"
	}
	return ""
}

func addresses(text string) string {
	list := splitList(text)
	if len(list) == 0 {
		return "must name at least one address"
	}
	for _, a := range list {
		if path, ok := strings.CutPrefix(a, unixScheme); ok {
			if absolute(path) != "" || path == "" {
				return "must name sockets with their full path, such as unix:///run/kvmbridge.sock"
			}
			continue
		}
		_, port, err := net.SplitHostPort(a)
		n, errPort := strconv.Atoi(port)
		if err != nil || errPort != nil || n < 0 || n > 65535 {
			return "must hold addresses such as 127.0.0.1:8472, [::1]:8472 or unix:///run/kvmbridge.sock"
		}
	}
	return ""
}

const unixScheme = "unix://"

// exposed reports whether other machines can reach an address of Listen. Names other than localhost may point anywhere.
func exposed(address string) bool {
	if strings.HasPrefix(address, unixScheme) {
		return false
	}
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !ip.IsLoopback())
}

// splitList splits the environment's notation of a list.
func splitList(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
