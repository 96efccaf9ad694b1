package whmcs

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Facts implements vm.Catalogue. Its three questions are asked at once: an order waits for the answers.
func (d *DB) Facts(ctx context.Context, serviceID int64) (spec.Facts, error) {
	var facts spec.Facts
	var options, fields map[string]string
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		facts, err = d.service(ctx, serviceID)
		return err
	})
	g.Go(func() (err error) {
		if options, err = d.options(ctx, serviceID); err != nil {
			err = fmt.Errorf("read the options of service %d: %w", serviceID, err)
		}
		return err
	})
	g.Go(func() (err error) {
		if fields, err = d.customFields(ctx, serviceID); err != nil {
			err = fmt.Errorf("read the custom fields of service %d: %w", serviceID, err)
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return spec.Facts{}, err
	}
	facts.Options, facts.CustomFields = options, fields
	return facts, nil
}

// service reads the service with its product and server.
func (d *DB) service(ctx context.Context, serviceID int64) (spec.Facts, error) {
	var row struct {
		ClientID  int64          `db:"userid"`
		ProductID int64          `db:"packageid"`
		ServerID  sql.NullInt64  `db:"server"`
		Status    sql.NullString `db:"domainstatus"`
		Domain    sql.NullString `db:"domain"`
		Username  sql.NullString `db:"username"`
		Settings  sql.NullString `db:"configoption1"`
		Template  sql.NullString `db:"configoption4"`
		Hostname  sql.NullString `db:"hostname"`
		Found     sql.NullInt64  `db:"found"`
	}
	err := d.sql.GetContext(ctx, &row, `SELECT h.userid, h.packageid, h.server, h.domainstatus, h.domain, h.username, p.configoption1, p.configoption4, s.hostname, s.id AS found
		FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblservers s ON s.id = h.server WHERE h.id = ?`, serviceID)
	if errors.Is(err, sql.ErrNoRows) {
		err = vm.ErrNoService
	}
	if err != nil {
		return spec.Facts{}, fmt.Errorf("read service %d: %w", serviceID, err)
	}
	return spec.Facts{
		ServiceID: serviceID, ClientID: row.ClientID, ProductID: row.ProductID, ServerID: row.ServerID.Int64, ServerHost: plain(row.Hostname.String), ServerGone: row.ServerID.Int64 != 0 && !row.Found.Valid,
		Status: row.Status.String, Domain: plain(row.Domain.String), Username: plain(row.Username.String),
		Settings: settings(row.Settings.String), LegacyTemplate: templateID(row.Template.String),
	}, nil
}

// settings is the product's JSON. Where the form encoded it, it is no JSON any more and has to be decoded; valid JSON is
// left alone, because decoding could break its quotes.
func settings(s string) string {
	s = strings.TrimSpace(s)
	if json.Valid([]byte(s)) {
		return s
	}
	return plain(s)
}

// templateID is configoption4 of the reference product: the VM id of a template, perhaps with its name behind a bar.
func templateID(s string) string {
	id, _, _ := strings.Cut(plain(s), "|")
	id = strings.TrimSpace(id)
	if n, err := strconv.Atoi(id); err != nil || n <= 0 {
		return ""
	}
	return id
}

// Types of configurable options in tblproductconfigoptions.optiontype.
const (
	dropDown = "1"
	radio    = "2"
	yesNo    = "3"
	quantity = "4"
)

// optionRow is one chosen option of a service.
type optionRow struct {
	ID       int64          `db:"id"`
	Name     string         `db:"name"`
	Type     string         `db:"optiontype"`
	Choice   sql.NullString `db:"choice"`
	Quantity sql.NullInt64  `db:"qty"`
}

func (d *DB) options(ctx context.Context, serviceID int64) (map[string]string, error) {
	var rows []optionRow
	err := d.sql.SelectContext(ctx, &rows, `SELECT c.id, o.optionname AS name, COALESCE(o.optiontype, '') AS optiontype, s.optionname AS choice, c.qty
		FROM tblhostingconfigoptions c JOIN tblproductconfigoptions o ON o.id = c.configid
		LEFT JOIN tblproductconfigoptionssub s ON s.id = c.optionid AND s.configid = c.configid
		WHERE c.relid = ?`, serviceID)
	if err != nil {
		return nil, err
	}
	// The last of two with one name wins. Sorted here, because the server would need a temporary table.
	slices.SortFunc(rows, func(a, b optionRow) int { return cmp.Compare(a.ID, b.ID) })
	options := map[string]string{}
	for _, r := range rows {
		if value, ok := r.value(); ok {
			options[key(r.Name)] = value
		}
	}
	return options, nil
}

// value is what WHMCS would hand to a module (whmcs-contract 3.3); a list without a choice counts as not assigned.
func (r optionRow) value() (string, bool) {
	switch strings.TrimSpace(r.Type) {
	case yesNo:
		return strconv.FormatInt(min(max(r.Quantity.Int64, 0), 1), 10), true
	case quantity:
		return strconv.FormatInt(r.Quantity.Int64, 10), true
	case dropDown, radio:
		return key(r.Choice.String), r.Choice.Valid
	}
	return key(r.Choice.String), r.Choice.Valid
}

func (d *DB) customFields(ctx context.Context, serviceID int64) (map[string]string, error) {
	var rows []struct {
		Name  sql.NullString `db:"fieldname"`
		Value sql.NullString `db:"value"`
	}
	err := d.sql.SelectContext(ctx, &rows, `SELECT f.fieldname, v.value FROM tblhosting h
		JOIN tblcustomfields f ON f.type = 'product' AND f.relid = h.packageid
		JOIN tblcustomfieldsvalues v ON v.fieldid = f.id AND v.relid = h.id
		WHERE h.id = ?`, serviceID)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for _, r := range rows {
		fields[key(r.Name.String)] = plain(r.Value.String)
	}
	return fields, nil
}

// key is what stands before the bar; blanks at the end matter to WHMCS and stay.
func key(s string) string {
	before, _, _ := strings.Cut(plain(s), "|")
	return before
}
