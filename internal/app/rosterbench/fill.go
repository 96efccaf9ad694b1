package rosterbench

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

const (
	services     = 100_000
	clients      = 20_000
	chunk        = 1000 // rows of one INSERT
	firstService = 1000
	firstClient  = 1000
	logBytes     = 1000 // of each of the two logs in a record
)

// ownerOf spreads services over the clients.
func ownerOf(n int) int { return firstClient + n*7919%clients }

func fourOf(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}) //nolint:gosec // n is far below 1<<24
}

func sixOf(n int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 1, 0x0d, 0xb8, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}) //nolint:gosec // as above
}

// fill adds the clients and their services of one product at one server.
func (p Place) fill(ctx context.Context) error {
	for n := 0; n < clients; n += chunk {
		if err := p.insert(ctx, n, "tblclients (id, firstname, lastname, companyname)", p.client); err != nil {
			return err
		}
	}
	for n := 0; n < services; n += chunk {
		if err := p.insert(ctx, n, "tblhosting (id, userid, packageid, server, domainstatus, domain, dedicatedip, assignedips)", p.service); err != nil {
			return err
		}
		if err := p.insert(ctx, n, "puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns, vm_last_action_log, vm_deploy_log)", p.record); err != nil {
			return err
		}
		if err := p.insert(ctx, n, "kvmbridge_vm (service_id, server_id, created_at)", p.work); err != nil {
			return err
		}
	}
	return p.DB.Exec(ctx, "ANALYZE TABLE tblhosting, tblclients, puqProxmoxKVM_vm_info, kvmbridge_vm")
}

// insert adds a chunk of rows from number n on; columns without a default are left to a lax server.
func (p Place) insert(ctx context.Context, n int, into string, row func(n int) string) error {
	rows := make([]string, chunk)
	for i := range rows {
		rows[i] = row(n + i)
	}
	return p.DB.Exec(ctx, "INSERT IGNORE INTO "+into+" VALUES "+strings.Join(rows, ","))
}

func (p Place) client(n int) string {
	return fmt.Sprintf("(%d, 'First%d', 'Last%d', 'Company %d &amp; Sons')", firstClient+n, n*31%clients, n*7%clients, n)
}

func (p Place) service(n int) string {
	return fmt.Sprintf("(%d, %d, %d, %d, 'Active', '%s', '%s', '%s')", firstService+n, ownerOf(n), p.ProductID, p.ServerID, domain(n), fourOf(n), sixOf(n).StringExpanded())
}

func (p Place) record(n int) string {
	return fmt.Sprintf(`(%d, %d, 'vps-%d-%d', 'ready', '{"%s":"%s","%s":"mail%d.example.org"}', REPEAT('l', %d), REPEAT('d', %d))`,
		firstService+n, 100+n, ownerOf(n), firstService+n, fourOf(n), domain(n), sixOf(n).StringExpanded(), n, logBytes, logBytes)
}

func (p Place) work(n int) string {
	return fmt.Sprintf("(%d, %d, '2026-01-01')", firstService+n, p.ServerID)
}

func domain(n int) string { return fmt.Sprintf("vps-%d-%d.example.net", ownerOf(n), firstService+n) }
