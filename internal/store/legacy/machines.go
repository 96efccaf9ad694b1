package legacy

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

const recordsHere = "puqProxmoxKVM_vm_info"

// record is one row of the records' table with what WHMCS and we know of its service.
type record struct {
	serviceID int64
	serverID  int64
	vmid      int // 0 = none
	name      string
	status    pipeline.State
	domain    string
	reverse   map[string]string
	shown     []netip.Addr // at the service in WHMCS
	exists    bool         // the service, in WHMCS
	suspended bool
	ours      bool // it has a row of ours already
}

// gone tells a record whose guest is no more.
func (r record) gone() bool { return r.status == vm.Removed }

// machines gives every record without a row of ours one, with its VM id, its addresses and its DNS records.
func (t *takeover) machines(ctx context.Context) (Part, error) {
	records, err := t.records(ctx)
	if err != nil {
		return Part{}, err
	}
	p := Part{Tables: []string{}, Taken: []Row{}, Left: []Row{}}
	if slices.IndexFunc(records, func(r record) bool { return !r.ours }) < 0 {
		return p, nil
	}
	p.Tables = append(p.Tables, recordsHere)
	w, err := t.world(ctx, records)
	if err != nil {
		return p, err
	}
	var taken []adoption
	for _, r := range records {
		if r.ours {
			continue
		}
		row := Row{Table: recordsHere, ID: strconv.FormatInt(r.serviceID, 10), What: r.what()}
		a, why := w.judge(r)
		if why == "" {
			why = t.placeFault(r)
		}
		if why != "" {
			p.leave(row, why)
			continue
		}
		row.Notes = a.notes
		taken = append(taken, a)
		p.take(row)
	}
	return p, t.adopt(ctx, taken)
}

// placeFault tells what is wrong with the server of a record whose guest there has to be.
func (t *takeover) placeFault(r record) string {
	if r.gone() {
		return ""
	}
	return t.serverFault(r.serverID)
}

func (r record) what() string {
	text := fmt.Sprintf("service %d at %q", r.serviceID, r.status)
	if r.vmid != 0 {
		text += fmt.Sprintf(", VM %d (%s) of server %d", r.vmid, r.name, r.serverID)
	}
	return text
}

func (t *takeover) records(ctx context.Context) ([]record, error) {
	var rows []struct {
		ServiceID int64          `db:"service_id"`
		ServerID  int64          `db:"server"`
		VMID      sql.NullString `db:"vm_id"`
		Name      sql.NullString `db:"vm_name"`
		Status    sql.NullString `db:"vm_status"`
		RevDNS    sql.NullString `db:"vm_rev_dns"`
		Domain    sql.NullString `db:"domain"`
		Billing   sql.NullString `db:"domainstatus"`
		Shown     sql.NullString `db:"shown"`
		Exists    bool           `db:"found"`
		Ours      bool           `db:"ours"`
	}
	err := t.q.SelectContext(ctx, &rows, `SELECT i.service_id, COALESCE(v.server_id, h.server, 0) AS server, i.vm_id, i.vm_name, i.vm_status, i.vm_rev_dns,
		h.domain, h.domainstatus, CONCAT_WS(' ', h.dedicatedip, h.assignedips) AS shown, h.id IS NOT NULL AS found, v.service_id IS NOT NULL AS ours
		FROM puqProxmoxKVM_vm_info i LEFT JOIN tblhosting h ON h.id = i.service_id LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id
		ORDER BY i.service_id`)
	if err != nil {
		return nil, err
	}
	list := make([]record, 0, len(rows))
	for _, r := range rows {
		list = append(list, record{
			serviceID: r.ServiceID, serverID: r.ServerID, vmid: plain.Number(r.VMID.String), name: r.Name.String, status: pipeline.State(r.Status.String),
			domain: r.Domain.String, reverse: plain.Names(r.RevDNS.String), shown: ippool.ParseAddresses(r.Shown.String),
			exists: r.Exists, suspended: r.Billing.String == "Suspended", ours: r.Ours,
		})
	}
	return list, nil
}
