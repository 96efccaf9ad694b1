package namelist

import (
	"bytes"
	"net/netip"
)

// isAddress tells an IPv4 or IPv6 address without a zone. The two spellings that are stored are told without making garbage:
// a list has hundreds of thousands of them.
func isAddress(text []byte) bool {
	if isDotted(text) || isFull(text) {
		return true
	}
	_, err := netip.ParseAddr(string(text))
	return err == nil && !bytes.ContainsRune(text, '%')
}

// isDotted tells four numbers up to 255 without leading zeros.
func isDotted(text []byte) bool {
	parts := 1
	number, digits := 0, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9' && (digits == 0 || number > 0):
			number, digits = number*10+int(c-'0'), digits+1
		case c == '.' && digits > 0:
			parts, number, digits = parts+1, 0, 0
		default:
			return false
		}
		if number > 255 {
			return false
		}
	}
	return parts == 4 && digits > 0
}

// isFull tells eight groups of four hexadecimal digits.
func isFull(text []byte) bool {
	if len(text) != len("2001:0db8:0000:0000:0000:0000:0000:0001") {
		return false
	}
	for i, c := range text {
		hex := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
		if colon := i%5 == 4; colon && c != ':' || !colon && !hex {
			return false
		}
	}
	return true
}
