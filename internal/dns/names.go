package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	longestLabel = 63  // octets, RFC 1035
	longestName  = 253 // octets, without the dot at the end
)

// mapper turns what people write into A-labels: UTS 46, non-transitional. Underscores and hyphens are judged by fault.
//
//nolint:gochecknoglobals // immutable, and costly to build for every name
var mapper = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false), idna.BidiRule())

// Canon is the one spelling of a name that is compared, stored and sent: A-labels in lower case without a dot at the end. The
// error is a sentence about the name.
func Canon(name string) (string, error) {
	ascii, err := mapper.ToASCII(strings.TrimSpace(name))
	if err != nil || strings.ContainsRune(name, utf8.RuneError) { // the mapper encodes what is no text
		return "", fmt.Errorf("the name %s holds characters, or an xn-- part, that no domain name can have", quoted(name))
	}
	ascii = strings.TrimSuffix(strings.ToLower(ascii), ".")
	if why := fault(ascii); why != "" {
		return "", fmt.Errorf("the name %s %s", quoted(name), why)
	}
	return ascii, nil
}

// fault says what is wrong with a name in A-labels, "" for nothing.
func fault(name string) string {
	switch {
	case name == "":
		return "is empty; write a domain name such as vm.example.org"
	case len(name) > longestName:
		return fmt.Sprintf("is longer than %d characters", longestName)
	}
	for label := range strings.SplitSeq(name, ".") {
		if why := labelFault(label); why != "" {
			return why
		}
	}
	return ""
}

func labelFault(label string) string {
	switch {
	case label == "":
		return "has nothing between two dots or before the first one; put one dot between its parts"
	case len(label) > longestLabel:
		return fmt.Sprintf("has a part of more than %d characters between two dots", longestLabel)
	case label[0] == '-' || label[len(label)-1] == '-':
		return "has a part that begins or ends with a hyphen; a hyphen belongs between letters or digits"
	}
	if i := strings.IndexFunc(label, unfit); i >= 0 {
		return fmt.Sprintf("holds %q; a name is made of letters, digits, hyphens and dots", []rune(label[i:])[0])
	}
	return ""
}

// unfit tells a character that no record of ours has in its name.
func unfit(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// HostName is Canon for a name that has addresses; names below in-addr.arpa and ip6.arpa are refused.
func HostName(name string) (string, error) {
	canon, err := Canon(name)
	if err == nil && KindOf(canon) != Forward {
		return "", fmt.Errorf("the name %s belongs to reverse records; a host needs a name in a forward zone", quoted(name))
	}
	return canon, err
}

// Target is HostName for what a PTR record points to: at least two labels, no underscores (HestiaCP 1.9.5 refuses them), no
// "--" at the third place but in A-labels, and no address.
func Target(name string) (string, error) {
	canon, err := HostName(name)
	if err != nil {
		return "", err
	}
	if why := targetFault(canon); why != "" {
		return "", fmt.Errorf("the name %s cannot be a reverse name: it %s", quoted(name), why)
	}
	return canon, nil
}

func targetFault(name string) string {
	_, err := netip.ParseAddr(name)
	switch {
	case err == nil:
		return "is an address; write a host name such as vm.example.org"
	case !strings.Contains(name, "."):
		return "has no domain; write the full name, such as vm.example.org"
	case strings.Contains(name, "_"):
		return "holds an underscore; host names have none"
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) > 3 && label[2:4] == "--" && !strings.HasPrefix(label, "xn--") {
			return "has a part with two hyphens as its third and fourth character, which only international names may have"
		}
	}
	return ""
}

// quoted shows a name in a sentence, however long it is.
func quoted(name string) string {
	const enough = 80
	if runes := []rune(name); len(runes) > enough {
		return fmt.Sprintf("%q (shortened)", string(runes[:enough])+"…")
	}
	return fmt.Sprintf("%q", name)
}

// errNoAddress is about an address that is none.
var errNoAddress = errors.New("there is no address; write one such as 192.0.2.10 or 2001:db8::10")
