package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Standing is everything that the database knows about one machine, for a person who asks why it stands where it does.
type Standing struct {
	Machine       vm.Machine // with its addresses, without its password
	ServiceStatus string     // tblhosting.domainstatus, "" when WHMCS has no such service any more
	WakeAt        time.Time  // when somebody will look at it, zero = not by time; while it is held: the end of the lease
	Holder        string     // random id of the process at work on it, "" = nobody
	Token         int64      // of the lease, grows with every one
	Wish          pipeline.State
	Jobs          []Queued  // in the order they will be done
	WorryingSince time.Time // since when a person should look, zero = no need
}

// Queued is a job that waits for its machine.
type Queued struct {
	Job     vm.Job    `db:"job"`
	AskedAt time.Time `db:"asked_at"`
}

// Show reads one machine; vm.ErrNoMachine when the service has none.
func (d *DB) Show(ctx context.Context, serviceID int64) (Standing, error) {
	m, err := d.Find(ctx, serviceID)
	if err != nil {
		return Standing{}, err
	}
	m.Password = ""
	if m.Addresses, err = d.Held(ctx, serviceID); err != nil {
		return Standing{}, err
	}
	var more struct {
		ServiceStatus sql.NullString `db:"domainstatus"`
		WakeAt        sql.NullTime   `db:"wake_at"`
		Holder        sql.NullString `db:"lease_holder"`
		Token         sql.NullInt64  `db:"lease_token"`
		Wish          sql.NullString `db:"wish"`
		WorryingSince sql.NullTime   `db:"attention_at"`
	}
	err = d.sql.GetContext(ctx, &more, `SELECT h.domainstatus, v.wake_at, v.lease_holder, v.lease_token, v.wish, v.attention_at FROM puqProxmoxKVM_vm_info i
		LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id LEFT JOIN tblhosting h ON h.id = i.service_id WHERE i.service_id = ? LIMIT 1`, serviceID)
	if err != nil {
		return Standing{}, wrap(noMachine(err), "show the machine", serviceID)
	}
	var jobs []Queued
	err = d.sql.SelectContext(ctx, &jobs, "SELECT job, asked_at FROM kvmbridge_jobs WHERE service_id = ? ORDER BY job = ? DESC, id", serviceID, string(vm.JobPower))
	return Standing{
		Machine: m, ServiceStatus: more.ServiceStatus.String, WakeAt: more.WakeAt.Time, Holder: more.Holder.String, Token: more.Token.Int64,
		Wish: pipeline.State(more.Wish.String), Jobs: jobs, WorryingSince: more.WorryingSince.Time,
	}, wrap(err, "show the machine", serviceID)
}
