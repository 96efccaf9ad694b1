package config

import (
	"fmt"
	"io"
	"strings"
)

const sampleHead = `# Configuration of kvmbridge. Every line below is the default; take the # off a line that begins with #name to set it.
# Values count in this order, the last wins: defaults, WHMCS's configuration.php, this file, KVMBRIDGE_* variables.
# A secret may stand in a file of its own: name the file with the key and _file behind it, such as
# password_file = "/etc/kvmbridge/db-password", or with the variable and _FILE behind it.
`

// Sample writes a commented TOML file that holds every option and sets none.
func Sample(w io.Writer) error {
	var b strings.Builder
	b.WriteString(sampleHead)
	table := ""
	for _, o := range Options() {
		table = sampleOption(&b, o, table)
	}
	b.WriteString("\n# One table for each Proxmox server, by its number in WHMCS. With none of these the system's authorities decide.\n")
	for _, o := range serverOptions(1) {
		table = sampleOption(&b, o, table)
	}
	_, err := io.WriteString(w, b.String())
	if err != nil {
		return fmt.Errorf("write the sample: %w", err)
	}
	return nil
}

// sampleOption writes one option below the table that is open and returns the one that is open now.
func sampleOption(b *strings.Builder, o Option, open string) string {
	table, name := "", o.Key
	if i := strings.LastIndexByte(o.Key, '.'); i >= 0 {
		table, name = o.Key[:i], o.Key[i+1:]
	}
	if table != open {
		// A table without its # would be empty, and harmless.
		fmt.Fprintf(b, "\n[%s]\n", table)
	}
	fmt.Fprintf(b, "\n# %s\n# Variable: %s\n#%s = %s\n", o.Help, o.Env(), name, toTOML(o.Field(new(Config)), o.Default))
	return table
}

// String shows the configuration with its secrets hidden, one "key = value" in a line.
func (c Config) String() string {
	var b strings.Builder
	for _, o := range given(c) {
		fmt.Fprintf(&b, "%s = %v\n", o.Key, show(o.Field(&c)))
	}
	return b.String()
}

// show is the value behind a field.
func show(field any) any {
	switch f := field.(type) {
	case *Secret:
		if *f == "" {
			return ""
		}
		return *f
	case *string:
		return *f
	case *[]string:
		return strings.Join(*f, ",")
	case *int:
		return *f
	case *bool:
		return *f
	case fmt.Stringer:
		return f.String()
	}
	return field
}
