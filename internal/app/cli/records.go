package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// RecordDeed is what "kvmbridge dns" does with zones and records.
type RecordDeed string

// Deeds with records and zones.
const (
	RecordsPlan  RecordDeed = "plan"
	RecordsSync  RecordDeed = "sync"
	RecordsRetry RecordDeed = "retry"
	ZonesList    RecordDeed = "zones"
	ZoneAdd      RecordDeed = "add"
	ZoneEdit     RecordDeed = "edit"
	ZoneDelete   RecordDeed = "delete"
	ZoneTest     RecordDeed = "test"
)

// RecordOptions are the arguments and flags of those "kvmbridge dns" commands that need the database.
type RecordOptions struct {
	Deed    RecordDeed
	Service int64 // 0 = none was named
	All     bool  // of sync: every service
	Zone    int64 // id, 0 = none was named
	Force   bool
	JSON    bool
	Form    ZoneForm // of add and edit
}

// ZoneForm is what was typed about a zone; nil leaves a part as it is.
type ZoneForm struct {
	Name, Type *string
	TTL        *int // seconds
	TakeOver   *bool
	Fields     map[string]string // no secrets among them
	Secret     *string           // for whichever field of the type is secret
}

// newRecords makes a command that needs the database. flags may fill o; check looks at the line once it is known.
func newRecords(e Env, cmd *cobra.Command, o *RecordOptions, check func(cmd *cobra.Command, args []string) error) *cobra.Command {
	cmd, sources := withSources(cmd, e)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return err
		}
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if e.Actions.Records == nil {
			return missing("dns " + string(o.Deed))
		}
		well, err := e.Actions.Records(cmd.Context(), cfg, *o, e.Stdout)
		if faults, ok := errors.AsType[zones.FormErrors](err); ok {
			return printZoneFaults(e, faults)
		}
		if err == nil && !well {
			return errReported
		}
		return failed(err)
	}
	return cmd
}

// printZoneFaults names the field of each fault, on a line of its own.
func printZoneFaults(e Env, faults zones.FormErrors) error {
	for _, f := range faults {
		_, _ = fmt.Fprintf(e.Stderr, "fault %s: %s\n", f.Field, f.Text)
	}
	return errReported
}

func newDNSPlan(e Env) *cobra.Command {
	o := &RecordOptions{Deed: RecordsPlan}
	cmd := newRecords(e, &cobra.Command{
		Use: "plan", Short: "Print what would be written and removed, per zone; changes nothing and asks no provider", Args: cobra.NoArgs,
	}, o, o.namedService)
	serviceFlag(cmd, o, "only what concerns this service")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "as JSON")
	return cmd
}

func newDNSSync(e Env) *cobra.Command {
	o := &RecordOptions{Deed: RecordsSync}
	cmd := newRecords(e, &cobra.Command{
		Use: "sync", Short: "Order the records of a service to be written anew, and wait for the outcome; exit code 1 unless all is right",
		Long: "Order the records of a service, or of all, to be written anew and stale ones to be removed, and wait up to a minute for the\n" +
			"outcome. It needs no running sidecar. What is not done then goes on in the background of \"kvmbridge serve\".",
		Args: cobra.NoArgs,
	}, o, func(cmd *cobra.Command, args []string) error {
		if o.All == cmd.Flags().Changed("service") {
			return errors.New("say which records: --service with the service id, or --all")
		}
		return o.namedService(cmd, args)
	})
	serviceFlag(cmd, o, "the service whose records are meant")
	cmd.Flags().BoolVar(&o.All, "all", false, "the records of every service")
	cmd.Flags().BoolVar(&o.Force, "force", false, "even if many records of a zone go at once")
	return cmd
}

func newDNSRetry(e Env) *cobra.Command {
	o := &RecordOptions{Deed: RecordsRetry}
	cmd := newRecords(e, &cobra.Command{
		Use: "retry", Short: "Make failed records due now instead of at their next try", Args: cobra.NoArgs,
	}, o, func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed("zone") && o.Zone <= 0 {
			return errors.New("--zone takes the id that \"kvmbridge dns zones\" prints")
		}
		return o.namedService(cmd, args)
	})
	serviceFlag(cmd, o, "only those of this service")
	cmd.Flags().Int64Var(&o.Zone, "zone", 0, "only those in the zone of this id")
	return cmd
}

func serviceFlag(cmd *cobra.Command, o *RecordOptions, use string) {
	cmd.Flags().Int64Var(&o.Service, "service", 0, use)
}

// namedService refuses a service id that none can have; 0 would mean all of them.
func (o *RecordOptions) namedService(cmd *cobra.Command, _ []string) error {
	if cmd.Flags().Changed("service") && o.Service <= 0 {
		return errors.New("--service takes a service id: the number in the address of the service's page in WHMCS")
	}
	return nil
}
