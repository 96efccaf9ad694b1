package spec

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// keyTypes are the public keys that cloud images accept.
func keyTypes() []string {
	return []string{
		"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
		"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
	}
}

// keyFields are the names of custom fields that hold SSH keys, without blanks and signs and in lower case.
func keyFields() []string {
	return []string{"sshkey", "sshkeys", "sshpublickey", "sshpublickeys"}
}

// applyCustomFields takes the client's SSH keys and returns a sentence for each line that is none. The sentence does not
// repeat the line: people paste private keys.
func applyCustomFields(s *Spec, fields map[string]string) []string {
	var keys, faults []string
	for _, name := range sorted(fields) {
		if !slices.Contains(keyFields(), bare(name)) {
			continue
		}
		for i, line := range strings.FieldsFunc(fields[name], func(r rune) bool { return r == '\n' || r == '\r' }) {
			line = strings.TrimSpace(line)
			switch {
			case line == "" || strings.HasPrefix(line, "#"):
			case !publicKey(line):
				faults = append(faults, fmt.Sprintf("The custom field %q does not hold an OpenSSH public key in line %d; such a line begins with ssh-ed25519 or ssh-rsa and stands in a file whose name ends in .pub.", valuePart(name), i+1))
			case !slices.Contains(keys, line):
				keys = append(keys, line)
			}
		}
	}
	s.SSHKeys = strings.Join(keys, "\n")
	return faults
}

func bare(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, valuePart(name))
}

// publicKey checks that the type in front is the type inside of the key.
func publicKey(line string) bool {
	parts := strings.Fields(line)
	if len(parts) < 2 || !slices.Contains(keyTypes(), parts[0]) || strings.ContainsFunc(line, unicode.IsControl) {
		return false
	}
	blob, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil || len(blob) < 4 {
		return false
	}
	length := binary.BigEndian.Uint32(blob)
	return uint64(length) < uint64(len(blob)-4) && string(blob[4:4+length]) == parts[0] //nolint:gosec // a length is not negative
}
