package cli

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

func newDNSZones(e Env) *cobra.Command {
	o := &RecordOptions{Deed: ZonesList}
	cmd := newRecords(e, &cobra.Command{
		Use: "zones", Short: "List the zones in which records are kept, and add, edit, test or delete one",
	}, o, func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("there is no dns zones %s; there are add, edit, delete and test, and \"kvmbridge dns zone\" works out reverse zones", args[0])
		}
		return nil
	})
	cmd.Args = cobra.ArbitraryArgs
	cmd.Flags().BoolVar(&o.JSON, "json", false, "as JSON; secrets are never shown")
	for _, command := range []func(Env) *cobra.Command{newZoneAdd, newZoneEdit, newZoneDelete, newZoneTest} {
		cmd.AddCommand(command(e))
	}
	return cmd
}

func newZoneAdd(e Env) *cobra.Command {
	o := &RecordOptions{Deed: ZoneAdd}
	f := &zoneFlags{options: o}
	cmd := newRecords(e, &cobra.Command{
		Use: "add NAME", Short: "Add a zone: example.com, 2.0.192.in-addr.arpa or one below ip6.arpa", Args: cobra.ExactArgs(1),
		Long: "Add a zone. Its name decides what it holds: reverse records below in-addr.arpa and ip6.arpa, addresses elsewhere.\n" + fieldList(),
		Example: "  kvmbridge dns zones add example.com --type powerdns --set server=https://dns.example.com:8081 --secret-stdin < key-file\n" +
			"  kvmbridge dns zones add example.com --type cloudflare --set zone_id=0123456789abcdef0123456789abcdef --secret-stdin < token-file",
	}, o, func(cmd *cobra.Command, args []string) error {
		o.Form.Name = &args[0]
		return f.read(cmd.Flags(), e.Stdin)
	})
	f.on(cmd)
	return cmd
}

func newZoneEdit(e Env) *cobra.Command {
	o := &RecordOptions{Deed: ZoneEdit}
	f := &zoneFlags{options: o}
	cmd := newRecords(e, &cobra.Command{
		Use: "edit ID", Short: "Change a zone; what is not said stays as it is", Args: cobra.ExactArgs(1), Long: "Change a zone; what is not said stays as it is, the secret too.\n" + fieldList(),
	}, o, func(cmd *cobra.Command, args []string) error {
		if err := o.zoneID(args); err != nil {
			return err
		}
		if cmd.Flags().Changed("name") {
			o.Form.Name = &f.name
		}
		return f.read(cmd.Flags(), e.Stdin)
	})
	f.on(cmd)
	cmd.Flags().StringVar(&f.name, "name", "", "another name")
	cmd.Flags().BoolVar(&o.Force, "force", false, "even if records of ours stay behind where the zone was")
	return cmd
}

func newZoneDelete(e Env) *cobra.Command {
	o := &RecordOptions{Deed: ZoneDelete}
	cmd := newRecords(e, &cobra.Command{
		Use: "delete ID", Short: "Forget a zone; its records stay where they are", Args: cobra.ExactArgs(1),
	}, o, func(_ *cobra.Command, args []string) error { return o.zoneID(args) })
	cmd.Flags().BoolVar(&o.Force, "force", false, "even if records of ours stay behind")
	return cmd
}

func newZoneTest(e Env) *cobra.Command {
	o := &RecordOptions{Deed: ZoneTest}
	return newRecords(e, &cobra.Command{
		Use: "test ID", Short: "Prove that a zone can be reached and written; changes nothing, exit code 1 when it cannot", Args: cobra.ExactArgs(1),
	}, o, func(_ *cobra.Command, args []string) error { return o.zoneID(args) })
}

func (o *RecordOptions) zoneID(args []string) (err error) {
	if o.Zone, err = strconv.ParseInt(args[0], 10, 64); err != nil || o.Zone <= 0 {
		return fmt.Errorf("%q is no zone id: it is the number that \"kvmbridge dns zones\" prints", args[0])
	}
	return nil
}

// fieldList names the fields of every type for the help text.
func fieldList() string {
	var b strings.Builder
	for _, p := range zones.Providers() {
		var fields []string
		for _, f := range p.Fields {
			switch {
			case f.Secret:
				fields = append(fields, f.Name+" by --secret-stdin")
			case f.Required:
				fields = append(fields, f.Name)
			default:
				fields = append(fields, "["+f.Name+"]")
			}
		}
		fmt.Fprintf(&b, "\nFields of --type %s: %s", p.ID, strings.Join(fields, ", "))
	}
	return b.String()
}

// zoneFlags are the flags of add and edit.
type zoneFlags struct {
	options  *RecordOptions
	name     string
	kind     string
	ttl      int
	takeOver bool
	set      []string
	stdin    bool
}

func (f *zoneFlags) on(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.kind, "type", "", "cloudflare, hestiacp or powerdns")
	flags.StringArrayVar(&f.set, "set", nil, "field=value, once per field; an empty value clears it")
	flags.BoolVar(&f.stdin, "secret-stdin", false, "read the API token, password or API key from standard input")
	flags.IntVar(&f.ttl, "ttl", 0, fmt.Sprintf("seconds that resolvers keep an answer, %d to %d (%d unless said otherwise)", dns.MinTTL, dns.MaxTTL, dns.DefaultTTL))
	flags.BoolVar(&f.takeOver, "take-over", false, "replace somebody else's reverse records when an address is ours")
}

// read turns the flags into the form; those that were not given leave their part as it is.
func (f *zoneFlags) read(given *pflag.FlagSet, stdin io.Reader) (err error) {
	form := &f.options.Form
	if given.Changed("type") {
		form.Type = &f.kind
	}
	if given.Changed("ttl") {
		form.TTL = &f.ttl
	}
	if given.Changed("take-over") {
		form.TakeOver = &f.takeOver
	}
	if form.Fields, err = fields(f.set); err != nil || !f.stdin {
		return err
	}
	form.Secret, err = secret(stdin)
	return err
}

// fields splits field=value. What was typed is not repeated in an error: it may be a secret in the wrong place.
func fields(set []string) (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range set {
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			return nil, errors.New("--set takes field=value, such as --set server=https://dns.example.com:8081")
		}
		if secretField(name) {
			return nil, fmt.Errorf("%s is a secret, which other users of this machine could read on the command line: give it on standard input with --secret-stdin", name)
		}
		values[name] = value
	}
	return values, nil
}

func secretField(name string) bool {
	for _, p := range zones.Providers() {
		for _, f := range p.Fields {
			if f.Secret && strings.EqualFold(f.Name, name) {
				return true
			}
		}
	}
	return false
}

// longestSecret in bytes; those of the providers are far shorter.
const longestSecret = 4096

// secret reads standard input to its end, without the line break that files and echo end in.
func secret(stdin io.Reader) (*string, error) {
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	raw, err := io.ReadAll(io.LimitReader(stdin, longestSecret+1))
	switch {
	case err != nil:
		return nil, failed(fmt.Errorf("read the secret from standard input: %w", err))
	case len(raw) > longestSecret:
		return nil, failed(errors.New("standard input holds more than any secret; give the token, password or key alone"))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if text == "" {
		return nil, failed(errors.New("standard input is empty; give the token, password or key there, such as --secret-stdin < file"))
	}
	return &text, nil
}
