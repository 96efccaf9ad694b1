package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newStates(e Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "states",
		Short: "Print the tables of steps that every machine goes through",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if e.Actions.States == nil {
				return missing("states")
			}
			if asJSON {
				return failed(statesJSON(e.Stdout, e.Actions.States()))
			}
			return failed(statesText(e.Stdout, e.Actions.States()))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func statesJSON(w io.Writer, tables []StateTable) error {
	if tables == nil {
		tables = []StateTable{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(tables)
}

func statesText(w io.Writer, tables []StateTable) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, t := range tables {
		if i > 0 {
			_, _ = fmt.Fprintln(tw)
		}
		_, _ = fmt.Fprintf(tw, "%s: %s to %s, %d steps\n", t.Table, t.Start, t.End, len(t.Steps))
		for n, s := range t.Steps {
			_, _ = fmt.Fprintf(tw, "  %d\t%s\t%s\t%s\n", n+1, s.From, s.To, s.Label)
		}
	}
	return tw.Flush()
}
