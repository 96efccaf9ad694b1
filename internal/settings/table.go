package settings

import (
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// Names of the settings.
const (
	DefaultTimeout   = "default_timeout"
	HeavyTimeout     = "heavy_timeout"
	Migrate          = "migration_enable"
	MigrationTimeout = "migration_timeout"
	DropTables       = "drop_tables"
	TrafficMonth     = "traffic_month"
	CronMode         = "cron_mode"
	LockTimeout      = "lock_timeout"
	Alarm            = "alarm_minutes"
	BackupAge        = "backup_warning"
)

// Interval is the name of the setting that holds the interval of a task, in minutes.
func Interval(task string) string { return "interval_" + task }

// Mode says who rings for the tasks.
type Mode string

// Modes.
const (
	Sidecar    Mode = "sidecar"    // the service's own schedule
	Hook       Mode = "hook"       // WHMCS's cron
	Standalone Mode = "standalone" // a crontab line of the operator's
)

// Configured are defaults that the configuration file decides.
type Configured struct {
	Migrate          bool
	MigrationTimeout time.Duration
}

// Sheet is the table of the settings of one installation.
type Sheet []Field

// New is the table with the defaults of this installation.
func New(c Configured) Sheet {
	return append(general(c), cron()...)
}

func general(c Configured) Sheet {
	return Sheet{
		{
			Name: DefaultTimeout, Label: "Default Timeout", Form: General, Group: "API Timeouts", Default: "10", Min: 1, Max: 300, Unit: "seconds",
			Meaning: "How long a call to Proxmox may take while a person waits for it: pages of staff and clients, buttons, Test Connection.",
		},
		{
			Name: HeavyTimeout, Label: "Heavy Operations Timeout", Form: General, Group: "API Timeouts", Default: "60", Min: 1, Max: 600, Unit: "seconds",
			Meaning: "How long a call to Proxmox may take in the background: deploy, clone, change package, reinstall, terminate.",
		},
		{
			Name: Migrate, Label: "Enable post-clone migration", Form: General, Group: "VM Migration", Kind: Switch, Default: word(c.Migrate),
			Meaning: "A new virtual machine moves to the node of its product, or to the one with the most free memory. Off: it stays on the node of its template.",
		},
		{
			Name: MigrationTimeout, Label: "Migration Timeout", Form: General, Group: "VM Migration", Default: seconds(c.MigrationTimeout), Min: 10, Max: 86400, Unit: "seconds",
			Meaning: "How long one try waits for a migration. What takes longer goes on, and is looked at again later.",
		},
		{
			Name: TrafficMonth, Label: "Traffic Month", Form: General, Group: "Traffic", Kind: Choice, Default: string(traffic.ByCalendar),
			Meaning: "When the traffic of a service begins to be summed up anew. A change counts the present month again from the kept hours (35 days).",
			Choices: []Option{
				{string(traffic.ByCalendar), "Calendar month", "On the first of every month, for all services."},
				{string(traffic.ByAnniversary), "Billing day", "On the day of the month on which WHMCS bills the service."},
			},
		},
		{
			Name: DropTables, Label: "Delete all database tables when module is deactivated", Form: General, Group: "Module Data", Kind: Switch, Default: Off, Danger: true,
			Meaning: "Off: tables are kept, so that the addon can be deactivated, updated and activated again.",
		},
	}
}

func cron() Sheet {
	sheet := Sheet{{
		Name: CronMode, Label: "Cron Mode", Form: Cron, Group: "Cron Mode", Kind: Choice, Default: string(Sidecar),
		Meaning: "Who starts the tasks below. Orders, changes and terminations of virtual machines begin at once in every mode.",
		Choices: []Option{
			{string(Sidecar), "Sidecar", "The kvmbridge service runs them by its own clock. Nothing has to be set up."},
			{string(Hook), "WHMCS Hook", "They run after each cron of WHMCS (AfterCronJob), about every 5 minutes."},
			{string(Standalone), "Standalone Cron File", "They run when the system's crontab calls cron.php, best every minute."},
		},
	}}
	for _, t := range tasks.Table() {
		sheet = append(sheet, Field{
			Name: Interval(t.ID), Label: "Interval of " + t.Name, Form: Cron, Group: "Task Intervals", Default: strconv.Itoa(int(t.Default / time.Minute)),
			Max: 7 * 24 * 60, Unit: "minutes", Meaning: t.Idle,
		})
	}
	return append(sheet, Field{
		Name: LockTimeout, Label: "Lock Timeout", Form: Cron, Group: "Concurrency Protection", Default: "600", Min: 30, Max: 86400, Unit: "seconds",
		Meaning: "A run that lasts longer is ended, its lock counts as stale, and the next run removes it.",
	}, Field{
		Name: Alarm, Label: "Alarm Without Work", Form: Cron, Group: "Alarm", Default: "30", Max: 7 * 24 * 60, Unit: "minutes",
		Meaning: "A task that is overdue for longer than this, or virtual machines that wait while nobody works on any, are told in WHMCS's activity log, to attention.webhook and on the addon's first page. 0 switches the alarm off.",
	}, Field{
		Name: BackupAge, Label: "Backup Warning", Form: Cron, Group: "Backups", Default: "3", Max: 365, Unit: "days",
		Meaning: "Warn when there was no good backup for so many days: services with a weekly plan of backups are then listed on the page Home. 0: no warning.",
	})
}

func word(on bool) string {
	if on {
		return On
	}
	return Off
}

// seconds never is 0: a configuration may name less than one.
func seconds(d time.Duration) string { return strconv.Itoa(max(int(d/time.Second), 1)) }
