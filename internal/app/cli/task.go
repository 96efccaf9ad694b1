package cli

import (
	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// TaskOptions are the arguments and flags of "kvmbridge task".
type TaskOptions struct {
	ID     string // of one task; "" = all that are due
	Force  bool
	NoLock bool
	List   bool
}

func newTask(e Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "task",
		Short: "Run the periodic tasks and look on, as cron.php does, or list them",
		Long: "Run the periodic tasks and look on, as cron.php does, or list them. The service has to run: it does the work, and goes\n" +
			"on with it when this command is ended.",
	}
	cmd.AddCommand(newTaskRun(e), newTaskList(e))
	return cmd
}

func newTaskRun(e Env) *cobra.Command {
	var o TaskOptions
	cmd, sources := withSources(&cobra.Command{
		Use: "run [TASK]", Short: "Run one task, due or not, or all that are due if the cron mode is Standalone; exit code 1 when something failed", Args: cobra.MaximumNArgs(1),
	}, e)
	cmd.Flags().BoolVar(&o.Force, "force", false, "all tasks, due or not; disabled ones stay out")
	cmd.Flags().BoolVar(&o.NoLock, "no-lock", false, "run beside whoever is at it; nothing is written down about the run")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			o.ID = args[0]
		}
		return doTask(cmd, e, sources, o)
	}
	return cmd
}

func newTaskList(e Env) *cobra.Command {
	cmd, sources := withSources(&cobra.Command{Use: "list", Short: "Print every task, when it ran last and how that went", Args: cobra.NoArgs}, e)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return doTask(cmd, e, sources, TaskOptions{List: true}) }
	return cmd
}

func doTask(cmd *cobra.Command, e Env, s *config.Sources, o TaskOptions) error {
	cfg, err := load(e, s)
	if err != nil {
		return err
	}
	if e.Actions.Task == nil {
		return missing("task")
	}
	well, err := e.Actions.Task(cmd.Context(), cfg, o, e.Stdout)
	if err == nil && !well {
		return errReported
	}
	return failed(err)
}
