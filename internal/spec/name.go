package spec

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DefaultNameRule names VMs when the product does not.
const DefaultNameRule = "{client_id}-{service_id}"

// NameValues is what a name rule may speak of.
type NameValues struct {
	ClientID  int64
	ServiceID int64
	Now       time.Time // in the zone whose clock the names should show
	Random    io.Reader // crypto/rand.Reader; read only by random macros
}

const (
	longestLabel = 63 // RFC 1035
	longestHost  = 253
)

// hostForm is Proxmox VE's format dns-name.
var hostForm = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

// Name makes a VM name from a rule with macros (product-spec §13.2); an empty rule is the default rule.
// The result is a name that Proxmox VE accepts; the error is a sentence about the rule.
func Name(rule string, v NameValues) (string, error) {
	if rule = strings.TrimSpace(rule); rule == "" {
		rule = DefaultNameRule
	}
	name, err := expand(rule, v)
	if err != nil {
		return "", fmt.Errorf("VM name rule %q: %w", rule, err)
	}
	if !validHost(name) {
		return "", fmt.Errorf("VM name rule %q: it makes the name %q, but a VM name may hold only letters, digits, inner minus signs and dots, with at most %d characters between dots", rule, name, longestLabel)
	}
	return name, nil
}

// FQDN joins a VM name and the product's main domain with one dot, lower-case; without a domain it is the name.
func FQDN(name, mainDomain string) string {
	return strings.ToLower(strings.Trim(name+"."+strings.Trim(mainDomain, "."), "."))
}

func validHost(name string) bool {
	if len(name) > longestHost || !hostForm.MatchString(name) {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) > longestLabel {
			return false
		}
	}
	return true
}

// expand replaces the macros of rule.
func expand(rule string, v NameValues) (string, error) {
	var name strings.Builder
	for rest := rule; rest != ""; {
		before, behind, found := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return "", errors.New("a closing brace has no opening one; macros are written like {service_id}")
		}
		name.WriteString(before)
		if !found {
			break
		}
		macro, after, closed := strings.Cut(behind, "}")
		if !closed {
			return "", fmt.Errorf("the brace before %q is never closed", behind)
		}
		value, err := macroValue(macro, v)
		if err != nil {
			return "", err
		}
		name.WriteString(value)
		rest = after
	}
	return name.String(), nil
}

func macroValue(macro string, v NameValues) (string, error) {
	if make, ok := plainMacros()[macro]; ok {
		return make(v), nil
	}
	for prefix, alphabet := range randomMacros() {
		count, ok := strings.CutPrefix(macro, prefix)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 || n > longestLabel {
			return "", fmt.Errorf("{%s} must end in a count from 1 to %d, such as {%s4}", macro, longestLabel, prefix)
		}
		return random(v.Random, alphabet, n)
	}
	return "", fmt.Errorf("{%s} is not a macro; there are %s", macro, macroList)
}

const macroList = "{client_id}, {service_id}, {random_digit_X}, {random_letter_X}, {unixtime}, {year}, {month}, {day}, {hour}, {minute}, {second}"

func plainMacros() map[string]func(NameValues) string {
	at := func(layout string) func(NameValues) string {
		return func(v NameValues) string { return v.Now.Format(layout) }
	}
	return map[string]func(NameValues) string{
		"client_id":  func(v NameValues) string { return strconv.FormatInt(v.ClientID, 10) },
		"service_id": func(v NameValues) string { return strconv.FormatInt(v.ServiceID, 10) },
		"unixtime":   func(v NameValues) string { return strconv.FormatInt(v.Now.Unix(), 10) },
		"year":       at("2006"), "month": at("01"), "day": at("02"),
		"hour": at("15"), "minute": at("04"), "second": at("05"),
	}
}

func randomMacros() map[string]string {
	return map[string]string{"random_digit_": "0123456789", "random_letter_": "abcdefghijklmnopqrstuvwxyz"}
}

func nameRuleAllowed() string {
	return "a rule that makes a valid host name; its macros are " + macroList
}

// checkRule tries a rule on large numbers, so that a name that is too long is found in the settings and not in an order.
func checkRule(rule string) error {
	_, err := Name(rule, NameValues{
		ClientID: 9_999_999, ServiceID: 99_999_999,
		Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Random: strings.NewReader(strings.Repeat("k", 4096)),
	})
	return err
}
