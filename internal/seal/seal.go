package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// version is the first byte of every sealed text; another one asks for another way of opening.
const version = 1

// minMaterial is the least key material in bytes; the addon's secret has 32 random bytes and more as text.
const minMaterial = 16

// ErrOpen is matched by the errors of Open.
var ErrOpen = errors.New("the secret cannot be opened")

// Box seals and opens. It is safe for concurrent use.
type Box struct {
	aead cipher.AEAD
	tell []byte // key of Fingerprint
}

// New derives the key from material, which must be at least 16 bytes of secret randomness.
func New(material []byte) (*Box, error) {
	if len(material) < minMaterial {
		return nil, fmt.Errorf("the key for secrets has %d bytes; give it at least %d random ones", len(material), minMaterial)
	}
	key, err := hkdf.Key(sha256.New, material, nil, "kvmbridge secrets v1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key for secrets: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive the key for secrets: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive the key for secrets: %w", err)
	}
	tell, err := hkdf.Key(sha256.New, material, nil, "kvmbridge fingerprints v1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key for fingerprints: %w", err)
	}
	return &Box{aead, tell}, nil
}

// Fingerprint is the same text for the same text of one row of one purpose. Without the key nobody can try out whether a
// guess has it, so it may be shown where text holds a secret.
func (b *Box) Fingerprint(purpose string, row int64, text string) string {
	mac := hmac.New(sha256.New, b.tell)
	mac.Write(about(purpose, row)) // a hash takes all that it is given
	mac.Write([]byte{0})
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Seal hides text for one row of one purpose. Sealing the same text twice gives different results.
func (b *Box) Seal(purpose string, row int64, text string) []byte {
	return b.aead.Seal([]byte{version}, nil, []byte(text), about(purpose, row)) //nolint:gosec // this AEAD makes a random nonce of its own
}

// Open gives the text back; it fails when sealed was made for another row or purpose, with another key, or was altered.
func (b *Box) Open(purpose string, row int64, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", fmt.Errorf("%w: it is empty", ErrOpen)
	}
	if sealed[0] != version {
		return "", fmt.Errorf("%w: it has format %d, this program knows format %d; run a newer kvmbridge", ErrOpen, sealed[0], version)
	}
	text, err := b.aead.Open(nil, nil, sealed[1:], about(purpose, row))
	if err != nil {
		return "", fmt.Errorf("%w: it was sealed with another key or changed afterwards; restore the former key or enter the secret again", ErrOpen)
	}
	return string(text), nil
}

func about(purpose string, row int64) []byte {
	return strconv.AppendInt(append([]byte(purpose), 0), row, 10)
}
