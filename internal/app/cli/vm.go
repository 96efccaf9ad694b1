package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

// Deed is what "kvmbridge vm" does with a machine.
type Deed string

// Deeds.
const (
	DeedShow         Deed = "show"
	DeedLog          Deed = "log"
	DeedExplain      Deed = "explain"
	DeedRetry        Deed = "retry"
	DeedReset        Deed = "reset"
	DeedRestore      Deed = "restore"
	DeedDeleteRecord Deed = "delete-record"
)

// MachineOptions are the arguments and flags of "kvmbridge vm".
type MachineOptions struct {
	Deed    Deed
	Text    string // service id, VM id, address, name or domain
	Service bool   // Text is a service id and nothing else
	JSON    bool   // of show and log
	Runs    int    // of log: at most that many
	To      string // of reset: the status, "" = none was given
}

func newVM(e Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vm",
		Short: "Look at one machine, and set it going again",
		Long: "Look at one machine, and set it going again. A machine is named by its service id, VM id, address, name or domain;\n" +
			"when several fit they are listed and nothing is done: then say --service with the service id.",
	}
	for _, d := range []struct {
		deed  Deed
		short string
		flags func(*cobra.Command, *MachineOptions)
	}{
		{DeedShow, "Print everything that is known about the machine", jsonFlag},
		{DeedLog, "Print its runs with their steps, newest first", logFlags},
		{DeedExplain, "Say in sentences what happens next, and when", func(*cobra.Command, *MachineOptions) {}},
		{DeedRetry, "Make it due now instead of at its next try", func(*cobra.Command, *MachineOptions) {}},
		{DeedReset, "Put it at another status, whatever is being done to it", resetFlags},
		{DeedRestore, "Take its termination back while the guest is kept for that", func(*cobra.Command, *MachineOptions) {}},
		{DeedDeleteRecord, "Forget a machine whose guest is gone; touches neither Proxmox nor WHMCS's own tables", func(*cobra.Command, *MachineOptions) {}},
	} {
		cmd.AddCommand(newDeed(e, d.deed, d.short, d.flags))
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return errors.New("say what to do before naming the machine: vm show, log, explain, retry, reset, restore or delete-record")
		}
		return cmd.Help()
	}
	return cmd
}

func newDeed(e Env, deed Deed, short string, flags func(*cobra.Command, *MachineOptions)) *cobra.Command {
	o := MachineOptions{Deed: deed}
	cmd, sources := withSources(&cobra.Command{
		Use: string(deed) + " MACHINE", Short: short, Args: cobra.ExactArgs(1),
	}, e)
	cmd.Flags().BoolVar(&o.Service, "service", false, "MACHINE is a service id and nothing else")
	flags(cmd, &o)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if e.Actions.Machine == nil {
			return missing("vm")
		}
		o.Text = args[0]
		return failed(e.Actions.Machine(cmd.Context(), cfg, o, e.Stdout))
	}
	return cmd
}

func jsonFlag(cmd *cobra.Command, o *MachineOptions) {
	cmd.Flags().BoolVar(&o.JSON, "json", false, "as JSON")
}

// keptRuns is how many runs of a machine there are at most.
const keptRuns = 50

func logFlags(cmd *cobra.Command, o *MachineOptions) {
	jsonFlag(cmd, o)
	cmd.Flags().IntVarP(&o.Runs, "runs", "n", keptRuns, "at most that many runs")
}

func resetFlags(cmd *cobra.Command, o *MachineOptions) {
	cmd.Flags().StringVar(&o.To, "to", "", "the status; without it the statuses are listed")
}
