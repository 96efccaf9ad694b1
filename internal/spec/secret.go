package spec

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Alphabets without characters that people mix up when they type from paper: 0 and O, 1, l and I.
const (
	clearLower  = "abcdefghijkmnpqrstuvwxyz"
	clearUpper  = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	clearDigits = "23456789"
)

const (
	passwordLength = 16
	usernameLength = 8
)

// Password makes a password of 16 letters and digits, at least one lower-case, one upper-case and one digit among them.
func Password(source io.Reader) (string, error) {
	var word []byte
	for _, part := range []struct {
		alphabet string
		count    int
	}{{clearLower, 1}, {clearUpper, 1}, {clearDigits, 1}, {clearLower + clearUpper + clearDigits, passwordLength - 3}} {
		letters, err := random(source, part.alphabet, part.count)
		if err != nil {
			return "", err
		}
		word = append(word, letters...)
	}
	for i := len(word) - 1; i > 0; i-- {
		j, err := below(source, i+1)
		if err != nil {
			return "", err
		}
		word[i], word[j] = word[j], word[i]
	}
	return string(word), nil
}

// Username makes a login name of 8 lower-case letters and digits that begins with a letter.
func Username(source io.Reader) (string, error) {
	first, err := random(source, clearLower, 1)
	if err != nil {
		return "", err
	}
	rest, err := random(source, clearLower+clearDigits, usernameLength-1)
	return first + rest, err
}

// random draws n characters of alphabet.
func random(source io.Reader, alphabet string, n int) (string, error) {
	word := make([]byte, n)
	for i := range word {
		at, err := below(source, len(alphabet))
		if err != nil {
			return "", err
		}
		word[i] = alphabet[at]
	}
	return string(word), nil
}

// below draws a number from 0 to n-1. Out of 64 bits the bias towards small numbers is far below what anybody could see,
// and no source can make it loop.
func below(source io.Reader, n int) (int, error) {
	var bits [8]byte
	if _, err := io.ReadFull(source, bits[:]); err != nil {
		return 0, fmt.Errorf("read random bytes: %w", err)
	}
	return int(binary.BigEndian.Uint64(bits[:]) % uint64(n)), nil //nolint:gosec // n is a small length, the rest is smaller than n
}
