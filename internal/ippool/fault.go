package ippool

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Names of a pool's fields, as the table, the form and a CSV file have them.
const (
	FieldServer  = "server_id"
	FieldType    = "type"
	FieldBridge  = "bridge"
	FieldVLAN    = "vlan"
	FieldGateway = "gateway"
	FieldMask    = "mask"
	FieldDNS1    = "dns1"
	FieldDNS2    = "dns2"
	FieldStart   = "address_start"
	FieldStop    = "address_stop"
)

// Fields lists the names in the order of the form.
func Fields() []string {
	return []string{FieldServer, FieldType, FieldBridge, FieldVLAN, FieldGateway, FieldMask, FieldDNS1, FieldDNS2, FieldStart, FieldStop}
}

// Fault is what is wrong with one field of a pool.
type Fault struct {
	Field string
	Text  string // one sentence
}

// FormErrors are all faults of a pool at once, at most one of each field.
type FormErrors []Fault

func (f FormErrors) Error() string { return strings.Join(f.Texts(), " ") }

// Texts are the sentences.
func (f FormErrors) Texts() []string {
	var texts []string
	for _, fault := range f {
		texts = append(texts, fault.Text)
	}
	return texts
}

// Of is the sentence about a field, "" when nothing is wrong with it.
func (f FormErrors) Of(field string) string {
	for _, fault := range f {
		if fault.Field == field {
			return fault.Text
		}
	}
	return ""
}

// note keeps the first sentence about each field.
func (f *FormErrors) note(field, text string) {
	if text != "" && f.Of(field) == "" {
		*f = append(*f, Fault{field, text})
	}
}

// number reads a whole number; fault is a sentence when text is none from low to high.
func number(name, text string, low, high int, hint string) (n int, fault string) {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return n, fmt.Sprintf("%s must be a number from %d to %d (%s), %s.", name, low, high, hint, not(text))
	}
	return n, ""
}

// address reads an address of a family, 0 = any; fault is a sentence when text is none.
func address(name, text string, family int) (a netip.Addr, fault string) {
	a, err := netip.ParseAddr(text)
	a = plain(a)
	if err == nil && (family == 0 || a.Is4() == (family == 4)) {
		return a, ""
	}
	kind := map[int]string{0: "IP address such as 198.51.100.20", 4: "IPv4 address such as 198.51.100.20", 6: "IPv6 address such as 2001:db8::20"}[family]
	return netip.Addr{}, fmt.Sprintf("%s must be an %s, %s.", name, kind, not(text))
}

// not ends a sentence with what stands there instead.
func not(text string) string {
	if text == "" {
		return "but it is empty"
	}
	return fmt.Sprintf("not %q", shortened(text))
}

// shortened shows a text in a sentence, however long it is.
func shortened(text string) string {
	const enough = 60
	if runes := []rune(text); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return text
}
