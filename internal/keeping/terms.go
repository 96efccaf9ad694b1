package keeping

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// Terms are what a service's package grants of copies.
type Terms struct {
	Backups, Snapshots int    // quotas, 0 = none
	Storage            string // of backups, "" = the product has none
	LifetimeDays       int    // of snapshots, 0 = for ever
	Rotates            bool   // snapshots go by a weekly plan and not by age
}

// Terms reads them from WHMCS; no cluster is asked.
func (k *Keeper) Terms(ctx context.Context, serviceID int64) (Terms, error) {
	want, _, err := k.wanted(ctx, serviceID)
	return Terms{
		Backups: want.Backups, Snapshots: want.Snapshots, Storage: want.Integrations.BackupStorage,
		LifetimeDays: want.SnapshotLifetimeDays, Rotates: want.SnapshotSchedule,
	}, err
}

// Refusal says why a person who asks for one more is refused, by quota and product; nil when he is not. kind is Backup or
// Snapshot, have how many there are.
func (t Terms) Refusal(kind Kind, have int) error {
	wish := retention.Wish{Kind: retention.Snapshot, Quota: t.Snapshots, Have: make([]retention.Copy, have)}
	if kind == Backup {
		wish.Kind, wish.Quota, wish.Storage = retention.Backup, t.Backups, t.Storage
	}
	return wish.Refusal()
}
