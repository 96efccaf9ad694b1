package spec_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

const (
	edKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	rsaKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAABAABAgM="
)

func TestSSHKeys_comeFromTheCustomField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields map[string]string
		want   string
	}{
		"none":                 {nil, ""},
		"empty":                {map[string]string{"SSH Key": " \r\n"}, ""},
		"one, with comment":    {map[string]string{"SSH Key": edKey + " me@home"}, edKey + " me@home"},
		"two, CRLF":            {map[string]string{"SSH keys|Your keys": "# mine\r\n" + edKey + "\r\n\r\n" + rsaKey + "\r\n"}, edKey + "\n" + rsaKey},
		"the same twice":       {map[string]string{"ssh_public_key": edKey + "\n" + edKey}, edKey},
		"another field":        {map[string]string{"Licence Key": "no key at all", "Notes": "ssh"}, ""},
		"name in another form": {map[string]string{"SSH-Key": edKey}, edKey},
	} {
		got, err := spec.Resolve(spec.Facts{CustomFields: c.fields})
		if err != nil || got.SSHKeys != c.want {
			t.Errorf("%s: %q, %v; want %q", name, got.SSHKeys, err, c.want)
		}
	}
}

func TestSSHKeys_areRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"private key":     "-----BEGIN OPENSSH PRIVATE KEY-----",
		"cut off":         "ssh-ed25519 AAAA",
		"no base64":       "ssh-ed25519 ?????????",
		"type of another": "ssh-rsa" + strings.TrimPrefix(edKey, "ssh-ed25519"),
		"type alone":      "ssh-ed25519",
		"length beyond":   "ssh-rsa /////w==",
	} {
		_, err := spec.Resolve(spec.Facts{CustomFields: map[string]string{"SSH Key": edKey + "\n" + secret}})
		if err == nil || !strings.Contains(err.Error(), `The custom field "SSH Key" does not hold an OpenSSH public key in line 2`) {
			t.Errorf("%s: got %v, want a sentence about line 2", name, err)
			continue
		}
		if strings.Contains(err.Error(), secret) && len(secret) > 20 {
			t.Errorf("%s: the sentence repeats the key: %v", name, err)
		}
	}
}
