package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
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
	Jobs          []Queued
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
	err = d.sql.SelectContext(ctx, &jobs, "SELECT job, asked_at FROM kvmbridge_jobs WHERE service_id = ? ORDER BY id", serviceID)
	return Standing{
		Machine: m, ServiceStatus: more.ServiceStatus.String, WakeAt: more.WakeAt.Time, Holder: more.Holder.String, Token: more.Token.Int64,
		Wish: pipeline.State(more.Wish.String), Jobs: jobs, WorryingSince: more.WorryingSince.Time,
	}, wrap(err, "show the machine", serviceID)
}

// FindBy lists, in order, the services with a record that text means: by service id, VM id, address, VM name or domain.
func (d *DB) FindBy(ctx context.Context, text string) ([]int64, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	find := d.findByName
	if _, err := strconv.Atoi(text); err == nil {
		find = d.findByNumber
	} else if a, err := netip.ParseAddr(text); err == nil {
		find = func(ctx context.Context, _ string) ([]int64, error) {
			return d.findByAddress(ctx, a.Unmap().WithZone(""))
		}
	}
	ids, err := find(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("look for %q: %w", text, err)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (d *DB) findByNumber(ctx context.Context, n string) ([]int64, error) {
	var ids []int64
	err := d.sql.SelectContext(ctx, &ids, "SELECT service_id FROM puqProxmoxKVM_vm_info WHERE service_id = ? OR vm_id = ?", n, n)
	return ids, err
}

func (d *DB) findByName(ctx context.Context, name string) ([]int64, error) {
	var ids []int64
	err := d.sql.SelectContext(ctx, &ids, `SELECT i.service_id FROM puqProxmoxKVM_vm_info i LEFT JOIN tblhosting h ON h.id = i.service_id
		WHERE i.vm_name = ? OR h.domain = ?`, name, name)
	return ids, err
}

// findByAddress asks the allocations, and WHMCS for machines whose addresses were never leased here.
func (d *DB) findByAddress(ctx context.Context, a netip.Addr) ([]int64, error) {
	var ids []int64
	err := d.sql.SelectContext(ctx, &ids, `SELECT i.service_id FROM kvmbridge_ip_allocations a
		JOIN puqProxmoxKVM_vm_info i ON i.service_id = a.service_id WHERE a.address = ?`, a.AsSlice())
	if err != nil {
		return nil, err
	}
	var shown []struct {
		ServiceID int64          `db:"service_id"`
		Text      sql.NullString `db:"shown"`
	}
	err = d.sql.SelectContext(ctx, &shown, `SELECT i.service_id, CONCAT_WS(' ', h.dedicatedip, h.assignedips) AS shown
		FROM puqProxmoxKVM_vm_info i JOIN tblhosting h ON h.id = i.service_id WHERE h.dedicatedip <> '' OR h.assignedips <> ''`)
	for _, s := range shown {
		if slices.Contains(ippool.ParseAddresses(s.Text.String), a) {
			ids = append(ids, s.ServiceID)
		}
	}
	return ids, err
}

// MachineRow is one line of the list of machines.
type MachineRow struct {
	ServiceID     int64
	VMID          int // 0 = none yet
	Name          string
	Node          string // where it was last seen
	Status        pipeline.State
	Adopted       bool
	ServiceStatus string // tblhosting.domainstatus, "" when WHMCS has no such service any more
}

// Machines lists the records of one server, by service.
func (d *DB) Machines(ctx context.Context, serverID int64) ([]MachineRow, error) {
	list, err := machines(ctx, d.sql, serverID)
	if err != nil {
		return nil, fmt.Errorf("list the machines of server %d: %w", serverID, err)
	}
	return list, nil
}

func machines(ctx context.Context, q sqlx.QueryerContext, serverID int64) ([]MachineRow, error) {
	var rows []struct {
		record
		ServiceStatus sql.NullString `db:"domainstatus"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT i.service_id, i.vm_id, i.vm_name, i.vm_status, v.node, v.adopted, h.domainstatus
		FROM puqProxmoxKVM_vm_info i LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id LEFT JOIN tblhosting h ON h.id = i.service_id
		WHERE COALESCE(v.server_id, h.server) = ? ORDER BY i.service_id`, serverID)
	list := make([]MachineRow, 0, len(rows))
	for _, r := range rows {
		list = append(list, MachineRow{
			ServiceID: r.ServiceID, VMID: plain.Number(r.VMID.String), Name: r.Name.String, Node: r.Node.String,
			Status: pipeline.State(r.Status.String), Adopted: r.adopted(), ServiceStatus: r.ServiceStatus.String,
		})
	}
	return list, err
}
