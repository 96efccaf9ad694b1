package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// record is a machine as the tables hold it: the reference product's row, ours, and WHMCS's.
type record struct {
	ServiceID    int64          `db:"service_id"`
	ServerID     int64          `db:"server_id"`
	ClientID     int64          `db:"client_id"`
	VMID         sql.NullString `db:"vm_id"`
	Name         sql.NullString `db:"vm_name"`
	Status       sql.NullString `db:"vm_status"`
	MAC          sql.NullString `db:"vm_net0_mac"`
	RevDNS       sql.NullString `db:"vm_rev_dns"`
	Domain       sql.NullString `db:"domain"`
	Username     sql.NullString `db:"username"`
	Sealed       []byte         `db:"sealed"`
	Node         sql.NullString `db:"node"`
	Task         sql.NullString `db:"task"`
	Suspended    sql.NullBool   `db:"suspended"`
	Holder       sql.NullString `db:"lease_holder"`
	Token        sql.NullInt64  `db:"lease_token"`
	Failures     sql.NullInt64  `db:"failures"`
	FailingSince sql.NullTime   `db:"failing_since"`
	Attention    sql.NullString `db:"attention"`
	LastError    sql.NullString `db:"last_error"`
	Wish         sql.NullString `db:"wish"`
	Adopted      sql.NullBool   `db:"adopted"`
	Discard      sql.NullBool   `db:"discard"`
	Ended        sql.NullTime   `db:"ended_at"`
	Restored     bool           `db:"restored"`
	Job          sql.NullString `db:"job"`
	Again        sql.NullBool   `db:"again"`
	Throttled    sql.NullBool   `db:"throttled"`
}

// adopted tells a guest that this module did not build; the reference product's have no row of ours.
func (r record) adopted() bool { return !r.Adopted.Valid || r.Adopted.Bool }

// ready tells a machine that jobs and wishes may have.
func (r record) ready() bool { return r.Status.String == string(vm.Ready) }

// load reads a record; a machine taken over from the reference product has no row of ours yet. At the head of the queue is
// what is longest in it, but a suspension goes before everything, lest a job that fails for ever keeps a guest alive.
func (d *DB) load(ctx context.Context, serviceID int64) (record, error) {
	var r record
	err := d.sql.GetContext(ctx, &r, `SELECT i.service_id, COALESCE(v.server_id, h.server, 0) AS server_id, COALESCE(h.userid, 0) AS client_id,
		i.vm_id, i.vm_name, i.vm_status, i.vm_net0_mac, i.vm_rev_dns, h.domain, h.username, s.sealed,
		v.node, v.task, v.suspended, v.lease_holder, v.lease_token, v.failures, v.failing_since, v.attention, v.last_error,
		v.wish, v.adopted, v.discard, v.ended_at, j.job, j.again, t.throttled,
		EXISTS (SELECT 1 FROM kvmbridge_copies c WHERE c.service_id = i.service_id AND c.phase = ? AND c.due_at IS NOT NULL) AS restored
		FROM puqProxmoxKVM_vm_info i
		LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id
		LEFT JOIN tblhosting h ON h.id = i.service_id
		LEFT JOIN kvmbridge_jobs j ON j.id = (SELECT n.id FROM kvmbridge_jobs n WHERE n.service_id = i.service_id ORDER BY n.job = ? DESC, n.id LIMIT 1)
		LEFT JOIN kvmbridge_traffic t ON t.service_id = i.service_id
		LEFT JOIN kvmbridge_secrets s ON s.purpose = ? AND s.ref_id = i.service_id
		WHERE i.service_id = ? LIMIT 1`, string(keeping.Reapplying), string(vm.JobPower), guestPassword, serviceID)
	if errors.Is(err, sql.ErrNoRows) {
		return r, vm.ErrNoMachine
	}
	return r, err
}

// machine turns a record into the domain's form. A password that cannot be opened hinders only what needs it.
func (d *DB) machine(r record) vm.Machine {
	m := vm.Machine{
		ServiceID: r.ServiceID, ServerID: r.ServerID, ClientID: r.ClientID,
		VMID: plain.Number(r.VMID.String), Name: r.Name.String, Domain: r.Domain.String, Username: r.Username.String,
		Status: pipeline.State(r.Status.String), MAC: r.MAC.String, RevDNS: plain.Names(r.RevDNS.String),
		Node: r.Node.String, Task: r.Task.String, Suspended: r.Suspended.Bool, Throttled: r.Throttled.Bool,
		Failures: int(r.Failures.Int64), FailingSince: r.FailingSince.Time,
		Attention: r.Attention.String, LastError: r.LastError.String,
		Adopted: r.adopted(), Discard: r.Discard.Bool, Ended: r.Ended.Time, Restored: r.Restored,
	}
	if r.ready() && r.Job.Valid {
		m.Job = vm.Job(r.Job.String)
		m.JobAt = m.Job.At()
	}
	if len(r.Sealed) > 0 {
		m.Password, m.PasswordFault = d.open(guestPassword, r.ServiceID, r.Sealed)
	}
	return m
}
