package config

import (
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// together checks what only several options together can say.
func (l *loader) together() []Fault {
	c := l.cfg
	missing := []rule{
		{"db.name", "The name of WHMCS's database is not known. Give --whmcs DIR, or set db.name.", c.DB.Name == ""},
		{"db.user", "The database user is not known. Give --whmcs DIR, or set db.user.", c.DB.User == ""},
		{
			"seal_key", "There is no key to encrypt passwords with. Give --whmcs DIR, or set seal_key.",
			c.SealKey == "" && c.WHMCS.HashKey == "",
		},
	}
	wrong := []rule{
		{
			"listen", "Requests carry passwords, so an address that other machines can reach needs bridge.cert_file and bridge.key_file. " +
				"Give both, or listen on 127.0.0.1 or a socket.",
			c.Bridge.CertFile == "" && slices.ContainsFunc(c.Listen, exposed),
		},
		{"db.ca_file", "db.ca_file only counts when db.tls is \"on\". Set that, or take db.ca_file out.", c.DB.CAFile != "" && c.DB.TLS != "on"},
		{
			"bridge.cert_file", "bridge.cert_file and bridge.key_file only count together. Give both or neither.",
			(c.Bridge.CertFile == "") != (c.Bridge.KeyFile == ""),
		},
		{
			"callback.host_header", "callback.host_header only counts beside callback.url. Set that, or take callback.host_header out.",
			c.Callback.HostHeader != "" && c.Callback.URL == "",
		},
	}
	faults := append(l.broken(missing, true), l.broken(wrong, false)...)
	faults = append(faults, l.pemFault("db.ca_file", c.DB.CAFile)...)
	faults = append(faults, l.pemFault("bridge.cert_file", c.Bridge.CertFile)...)
	return append(faults, l.servers()...)
}

// rule is a fault and whether it is there.
type rule struct {
	key, text string
	broken    bool
}

func (l *loader) broken(rules []rule, missing bool) []Fault {
	var faults []Fault
	for _, r := range rules {
		// An option whose value was refused has its fault already.
		if r.broken && !slices.ContainsFunc(l.faults, func(f Fault) bool { return f.Key == r.key }) {
			faults = append(faults, Fault{Place: l.place(r.key), Key: r.key, Text: r.text, Missing: missing})
		}
	}
	return faults
}

func (l *loader) servers() []Fault {
	var faults []Fault
	for _, id := range slices.Sorted(maps.Keys(l.cfg.Servers)) {
		s, prefix := l.cfg.Servers[id], serversPrefix+strconv.Itoa(id)+"."
		faults = append(faults, l.pemFault(prefix+"ca_file", s.CAFile)...)
		if s.Insecure && (s.Fingerprint != "" || s.CAFile != "") {
			faults = append(faults, Fault{
				Place: l.place(prefix + "insecure"), Key: prefix + "insecure",
				Text: fmt.Sprintf("Server %d is insecure and also has a fingerprint or authority. Take insecure out, so that the proof is asked for.", id),
			})
		}
	}
	return faults
}

// place is where the value of key came from, or where a value is missing.
func (l *loader) place(key string) string {
	if p := l.origin[key]; p != "" {
		return p
	}
	return "configuration"
}

// pemFault looks whether the file at path holds a certificate; an empty path is fine.
func (l *loader) pemFault(key, path string) []Fault {
	if path == "" {
		return nil
	}
	raw, err := readFile(path)
	switch {
	case err != nil:
		return []Fault{{Place: l.place(key), Key: key, Text: "The file of " + key + " cannot be read: " + err.Error() + "."}}
	case !x509.NewCertPool().AppendCertsFromPEM(raw):
		return []Fault{{Place: l.place(key), Key: key, Text: "The file of " + key + " (" + path + ") holds no certificate in PEM form."}}
	}
	return nil
}
