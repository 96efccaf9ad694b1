package keeping

import (
	"fmt"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// Order is what a person wants of a service's copies.
type Order struct {
	ServiceID int64
	Kind      Kind
	Subject   string // volume id of the backup or name of the snapshot
	Note      string // description of a new one
	By        string // who is named in WHMCS's activity log, such as "admin #1"; "" = nobody, and there is no entry
}

// deeds put a kind into the words of the activity log.
//
//nolint:gochecknoglobals // immutable table
var deeds = map[Kind]string{
	Backup: "a backup", Snapshot: "a snapshot", Restore: "the restore of the backup", Rollback: "the return to the snapshot",
	DropBackup: "the removal of the backup", DropSnapshot: "the removal of the snapshot",
}

func (o Order) entry() string {
	if o.By == "" {
		return ""
	}
	text := fmt.Sprintf("kvmbridge: %s of service %d was ordered by %s", strings.TrimSpace(deeds[o.Kind]+" "+o.Subject), o.ServiceID, o.By)
	if o.Note != "" {
		text += fmt.Sprintf(": %q", o.Note)
	}
	return text
}

func planEntry(serviceID int64, kind Kind, w retention.Week, by string) string {
	if by == "" {
		return ""
	}
	var days []string
	for day := time.Sunday; day <= time.Saturday; day++ {
		if at := w.Time(day); at != "" {
			days = append(days, day.String()+" "+at)
		}
	}
	if days == nil {
		days = []string{"never"}
	}
	return fmt.Sprintf("kvmbridge: the weekly plan of %ss of service %d was changed by %s: %s", kind, serviceID, by, strings.Join(days, ", "))
}
