package whmcs

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Service is a service at a server of our module.
type Service struct {
	ID       int64
	ServerID int64
	Status   string // Active or Suspended
	Domain   string
	// Addresses that WHMCS shows at it: the dedicated one first, then the assigned ones.
	Addresses []netip.Addr
}

// Billed lists the services at servers of our module that WHMCS bills: Active and Suspended ones, by id.
func (d *DB) Billed(ctx context.Context) ([]Service, error) {
	var rows []struct {
		ID       int64          `db:"id"`
		ServerID int64          `db:"server"`
		Status   string         `db:"domainstatus"`
		Domain   sql.NullString `db:"domain"`
		Shown    sql.NullString `db:"shown"`
	}
	err := d.sql.SelectContext(ctx, &rows, `SELECT h.id, h.server, h.domainstatus, h.domain, CONCAT_WS(' ', h.dedicatedip, h.assignedips) AS shown
		FROM tblhosting h JOIN tblservers s ON s.id = h.server
		WHERE s.type = ? AND h.domainstatus IN ('Active', 'Suspended') ORDER BY h.id`, ServerModule)
	if err != nil {
		return nil, fmt.Errorf("list the services that are billed: %w", err)
	}
	list := make([]Service, 0, len(rows))
	for _, r := range rows {
		list = append(list, Service{r.ID, r.ServerID, r.Status, plain(r.Domain.String), ippool.ParseAddresses(r.Shown.String)})
	}
	return list, nil
}
