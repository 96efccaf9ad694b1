package whmcs

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// Allowances says what each live service may use in a billing period, by service; one that is not named may use as much as
// it likes. Where no product and no option sets a limit that takes two short statements, however many services there are;
// otherwise four at most. A product that cannot be read gives its services an Unknown policy.
func (d *DB) Allowances(ctx context.Context) (map[int64]traffic.Policy, error) {
	j := judge{policies: map[order]traffic.Policy{}}
	var err error
	if j.products, err = d.products(ctx); err != nil {
		return nil, fmt.Errorf("read the products: %w", err)
	}
	orders, err := d.chosenLimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the options %q: %w", spec.TrafficLimit, err)
	}
	limited := j.limited()
	if err := d.addServices(ctx, orders, limited); err != nil {
		return nil, fmt.Errorf("list the services with a limit of traffic: %w", err)
	}
	list := make(map[int64]traffic.Policy, len(orders))
	for id, o := range orders {
		if p := j.policy(o); p.Limit > 0 || p.Unknown {
			list[id] = p
		}
	}
	return list, nil
}

// order is what decides about the allowance of a service: its product, and the value of its option, "" = none.
type order struct {
	product int64
	limit   string
}

// judge reads each combination of product and option once, however many services have it.
type judge struct {
	products map[int64]spec.Facts
	policies map[order]traffic.Policy
}

func (j judge) policy(o order) traffic.Policy {
	p, known := j.policies[o]
	facts, ours := j.products[o.product]
	if known || !ours {
		return p
	}
	facts.Options = map[string]string{spec.TrafficLimit: o.limit}
	if s, err := spec.Resolve(facts); err != nil {
		p.Unknown = true
	} else {
		p = traffic.PolicyOf(s.Traffic)
	}
	j.policies[o] = p
	return p
}

// limited are the products that limit by themselves, or of which nobody knows.
func (j judge) limited() []int64 {
	var ids []int64
	for id := range j.products {
		if p := j.policy(order{product: id}); p.Limit > 0 || p.Unknown {
			ids = append(ids, id)
		}
	}
	return ids
}

// products are ours, with what they say.
func (d *DB) products(ctx context.Context) (map[int64]spec.Facts, error) {
	var rows []struct {
		ID       int64          `db:"id"`
		Settings sql.NullString `db:"configoption1"`
		Template sql.NullString `db:"configoption4"`
	}
	err := d.sql.SelectContext(ctx, &rows, "SELECT id, configoption1, configoption4 FROM tblproducts WHERE servertype = ?", ServerModule)
	if err != nil {
		return nil, err
	}
	list := make(map[int64]spec.Facts, len(rows))
	for _, r := range rows {
		list[r.ID] = spec.Facts{ProductID: r.ID, Settings: settings(r.Settings.String), LegacyTemplate: templateID(r.Template.String)}
	}
	return list, nil
}

// live picks the services that may have a machine.
const live = "h.domainstatus NOT IN ('Terminated', 'Cancelled', 'Fraud')"

// limitRow is a chosen limit.
type limitRow struct {
	Service int64 `db:"relid"`
	Product int64 `db:"packageid"`
	optionRow
}

// chosenLimits are the services whose order chose a limit.
func (d *DB) chosenLimits(ctx context.Context) (map[int64]order, error) {
	orders := map[int64]order{}
	ids, err := d.limitOptions(ctx)
	if err != nil || len(ids) == 0 {
		return orders, err
	}
	query, args, err := sqlx.In(`SELECT c.id, c.relid, h.packageid, COALESCE(o.optiontype, '') AS optiontype, s.optionname AS choice, c.qty
		FROM tblhostingconfigoptions c JOIN tblhosting h ON h.id = c.relid JOIN tblproductconfigoptions o ON o.id = c.configid
		LEFT JOIN tblproductconfigoptionssub s ON s.id = c.optionid AND s.configid = c.configid WHERE c.configid IN (?) AND `+live, ids)
	if err != nil {
		return nil, err
	}
	var rows []limitRow
	if err := d.sql.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	slices.SortFunc(rows, func(a, b limitRow) int { return cmp.Compare(a.ID, b.ID) }) // as in Facts: the last of two wins
	for _, r := range rows {
		if value, ok := r.value(); ok {
			orders[r.Service] = order{r.Product, value}
		}
	}
	return orders, nil
}

// limitOptions are the configurable options whose name says that they are limits of traffic.
func (d *DB) limitOptions(ctx context.Context) (ids []int64, err error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Name string `db:"optionname"`
	}
	err = d.sql.SelectContext(ctx, &rows, "SELECT id, optionname FROM tblproductconfigoptions WHERE optionname LIKE ?", spec.TrafficLimit+"%")
	for _, r := range rows {
		if key(r.Name) == spec.TrafficLimit {
			ids = append(ids, r.ID)
		}
	}
	return ids, err
}

// addServices adds the services of products whose order chose nothing.
func (d *DB) addServices(ctx context.Context, orders map[int64]order, products []int64) error {
	if len(products) == 0 {
		return nil
	}
	query, args, err := sqlx.In("SELECT h.id, h.packageid FROM tblhosting h WHERE h.packageid IN (?) AND "+live, products)
	if err != nil {
		return err
	}
	var rows []struct {
		ID      int64 `db:"id"`
		Product int64 `db:"packageid"`
	}
	if err := d.sql.SelectContext(ctx, &rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		if _, chosen := orders[r.ID]; !chosen {
			orders[r.ID] = order{product: r.Product}
		}
	}
	return nil
}
