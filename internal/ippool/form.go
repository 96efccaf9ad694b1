package ippool

import (
	"net/netip"
	"strconv"
	"strings"
)

// Form is a pool as a person types it, or as a table made by somebody else holds it: everything is text.
type Form struct {
	Server  string // tblservers.id
	Type    string // IPv4 or IPv6 in any case; "" = what the range is
	Bridge  string
	VLAN    string // "" = 0
	Gateway string
	Mask    string // prefix length
	DNS1    string
	DNS2    string
	Start   string
	Stop    string
}

// place is where the text of a field is kept; nil for an unknown name.
func (f *Form) place(field string) *string {
	switch field {
	case FieldServer:
		return &f.Server
	case FieldType:
		return &f.Type
	case FieldBridge:
		return &f.Bridge
	case FieldVLAN:
		return &f.VLAN
	case FieldGateway:
		return &f.Gateway
	case FieldMask:
		return &f.Mask
	case FieldDNS1:
		return &f.DNS1
	case FieldDNS2:
		return &f.DNS2
	case FieldStart:
		return &f.Start
	case FieldStop:
		return &f.Stop
	}
	return nil
}

// Get is the text of a field, "" for an unknown name.
func (f Form) Get(field string) string {
	if at := f.place(field); at != nil {
		return *at
	}
	return ""
}

// Set changes the text of a field; an unknown name changes nothing.
func (f *Form) Set(field, text string) {
	if at := f.place(field); at != nil {
		*at = text
	}
}

// Pool reads the form. The faults are those of texts that cannot be read and those of Inspect; the pool counts only
// without any. It does not know which servers exist.
func (f Form) Pool() (Pool, FormErrors) {
	f = f.trimmed()
	r := formReader{family: f.Family()}
	p := Pool{ServerID: r.server(f.Server), Network: Network{Bridge: f.Bridge}}
	r.kind(f.Type)
	p.VLAN = r.number(FieldVLAN, "The VLAN", or(f.VLAN, "0"), 0, maxVLAN, "0 means untagged")
	p.Bits = r.number(FieldMask, "The mask", f.Mask, 1, r.bits(), "write the prefix length, such as "+strconv.Itoa(r.bits()*3/4))
	p.Gateway = r.address(FieldGateway, "The gateway", f.Gateway, r.family)
	p.First = r.address(FieldStart, "The first address", f.Start, r.family)
	p.Last = r.address(FieldStop, "The last address", f.Stop, r.family)
	p.DNS = append(r.dns(FieldDNS1, f.DNS1), r.dns(FieldDNS2, f.DNS2)...)
	for _, fault := range Inspect(p) {
		r.faults.note(fault.Field, fault.Text)
	}
	return p, r.faults
}

// Family is 4 or 6 by the type, or by the range when no type is given; 0 when neither tells.
func (f Form) Family() int {
	switch strings.ToLower(strings.TrimSpace(f.Type)) {
	case "ipv4":
		return 4
	case "ipv6":
		return 6
	}
	for _, text := range []string{f.Start, f.Stop, f.Gateway} {
		if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
			return map[bool]int{true: 4, false: 6}[plain(a).Is4()]
		}
	}
	return 0
}

// Tidy is a form without faults in the one spelling that is stored.
func (f Form) Tidy() Form {
	f = f.trimmed()
	f.Type = "ipv" + strconv.Itoa(f.Family())
	for _, field := range []string{FieldServer, FieldVLAN, FieldMask} {
		n, _ := strconv.Atoi(or(f.Get(field), "0"))
		f.Set(field, strconv.Itoa(n))
	}
	for _, field := range []string{FieldGateway, FieldDNS1, FieldDNS2, FieldStart, FieldStop} {
		if a, err := netip.ParseAddr(f.Get(field)); err == nil {
			f.Set(field, plain(a).String())
		}
	}
	return f
}

func (f Form) trimmed() Form {
	for _, field := range Fields() {
		f.Set(field, strings.TrimSpace(f.Get(field)))
	}
	return f
}

func or(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// formReader keeps the faults of a form.
type formReader struct {
	family int
	faults FormErrors
}

func (r *formReader) bits() int {
	if r.family == 6 {
		return 128
	}
	return 32
}

func (r *formReader) server(text string) int64 {
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil || id == 0 {
		r.faults.note(FieldServer, "Choose the server that the pool belongs to.")
	}
	return int64(id)
}

func (r *formReader) kind(text string) {
	if text != "" && !strings.EqualFold(text, "ipv4") && !strings.EqualFold(text, "ipv6") {
		r.faults.note(FieldType, "The type must be IPv4 or IPv6, "+not(text)+".")
	}
}

func (r *formReader) number(field, name, text string, low, high int, hint string) int {
	n, fault := number(name, text, low, high, hint)
	r.faults.note(field, fault)
	return n
}

func (r *formReader) address(field, name, text string, family int) netip.Addr {
	a, fault := address(name, text, family)
	r.faults.note(field, fault)
	return a
}

func (r *formReader) dns(field, text string) []netip.Addr {
	if text == "" {
		return nil
	}
	if a := r.address(field, "The DNS server", text, 0); a.IsValid() {
		return []netip.Addr{a}
	}
	return nil
}
