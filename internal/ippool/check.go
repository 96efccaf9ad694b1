package ippool

import (
	"fmt"
	"regexp"
)

// maxVLAN is the highest tag that Proxmox accepts; the reference product's form says 4096 and fails at 4095.
const maxVLAN = 4094

// bridgeName is Proxmox VE's format pve-bridge-id, and no longer than the tables of allocations keep it.
var bridgeName = regexp.MustCompile(`^[-_.0-9A-Za-z]{1,64}$`)

// ValidBridge reports whether Proxmox accepts name as a bridge id; it does not check that the bridge exists.
func ValidBridge(name string) bool { return bridgeName.MatchString(name) }

func bridgeFault(name string) string {
	if ValidBridge(name) {
		return ""
	}
	return fmt.Sprintf("The bridge must be a Proxmox bridge name of letters, digits, minus, underscore and dot such as vmbr0, %s.", not(name))
}

// Check returns a sentence for everything that makes a pool unusable (product-spec §9.1); none for a good pool.
func Check(p Pool) []string { return Inspect(p).Texts() }

// Inspect is Check with the field that each sentence is about.
func Inspect(p Pool) FormErrors {
	var faults FormErrors
	faults.note(FieldBridge, bridgeFault(p.Bridge))
	faults.note(FieldVLAN, vlanFault(p.VLAN))
	faults.note(rangeFault(p))
	faults.note(FieldGateway, gatewayFault(p))
	faults.note(FieldMask, maskFault(p))
	faults.note(FieldDNS1, dnsFault(p))
	return faults
}

func vlanFault(vlan int) string {
	if vlan >= 0 && vlan <= maxVLAN {
		return ""
	}
	return fmt.Sprintf("The VLAN must be from 0 (untagged) to %d, not %d.", maxVLAN, vlan)
}

// rangeFault names the end that has to be mended.
func rangeFault(p Pool) (field, text string) {
	first, last := plain(p.First), plain(p.Last)
	switch {
	case !first.IsValid():
		return FieldStart, "The range needs a first and a last address."
	case !last.IsValid():
		return FieldStop, "The range needs a first and a last address."
	case first.BitLen() != last.BitLen():
		return FieldStop, fmt.Sprintf("The range %s - %s mixes IPv4 and IPv6; make a pool for each.", first, last)
	case last.Less(first):
		return FieldStart, fmt.Sprintf("The range starts at %s behind its end %s; swap the two.", first, last)
	}
	return "", ""
}

func gatewayFault(p Pool) string {
	gateway, first := plain(p.Gateway), plain(p.First)
	switch {
	case !gateway.IsValid():
		return "The gateway is missing."
	case first.IsValid() && gateway.BitLen() != first.BitLen():
		return fmt.Sprintf("The gateway %s is not of the same family as the range.", gateway)
	case Size(p).IsInt64() && Size(p).Int64() == 1 && gateway == first:
		return fmt.Sprintf("The range holds nothing but the gateway %s, which is never handed out.", gateway)
	}
	return ""
}

func maskFault(p Pool) string {
	bits := plain(p.First).BitLen()
	if bits == 0 || (p.Bits >= 1 && p.Bits <= bits) {
		return ""
	}
	return fmt.Sprintf("The mask must be from 1 to %d, not %d.", bits, p.Bits)
}

func dnsFault(p Pool) string {
	for _, server := range p.DNS {
		if !server.IsValid() {
			return "Each DNS server must be an IP address; leave the field empty for none."
		}
	}
	return ""
}

// Warnings returns a sentence for everything odd about a pool that may still be meant so, such as a gateway outside of
// the prefix (routed /32 set-ups). It expects a pool that passes Check.
func Warnings(p Pool) []string {
	prefix, err := plain(p.First).Prefix(p.Bits)
	if err != nil {
		return nil
	}
	var odd []string
	if !prefix.Contains(plain(p.Last)) {
		odd = append(odd, fmt.Sprintf("The range does not fit into one network %s; guests at its end have another network than those at its start.", prefix))
	}
	if gateway := plain(p.Gateway); !prefix.Contains(gateway) {
		odd = append(odd, fmt.Sprintf("The gateway %s is outside of %s; guests reach it only if their system accepts an on-link gateway.", gateway, prefix))
	}
	return odd
}
