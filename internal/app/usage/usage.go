// Package usage tells WHMCS how much traffic services had in their present billing period: for its overview in megabytes, and
// for metric billing in gigabytes. What is not known of a period is left out, because a 0 would be billed as one. It counts
// nothing itself: internal/traffic/collect does.
package usage

import (
	"context"
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	rows "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
)

// Usage implements bridge.Usage. All fields are required.
type Usage struct {
	Ledger *rows.Ledger
	Clock  clock.Clock
	// Terms are those by which traffic is collected.
	Terms func(context.Context) (collect.Terms, error)
}

var _ bridge.Usage = Usage{}

// UpdateUsage implements bridge.Usage: the traffic that counts for the allowance, which without one is both directions together.
func (u Usage) UpdateUsage(ctx context.Context, serverID int64) error {
	accounts, err := u.Ledger.Counted(ctx, serverID)
	if err != nil {
		return err
	}
	months, terms, err := u.months(ctx, accounts)
	if err != nil {
		return err
	}
	shown := make(map[int64]rows.Shown, len(months))
	for id, m := range months {
		if p := terms.Policy(id); !p.Unknown { // else which direction counts is not known either
			shown[id] = rows.Shown{Used: p.Used(m.Volume), Limit: p.Limit}
		}
	}
	return u.Ledger.Show(ctx, shown, u.Clock.Now().In(terms.Zone))
}

// Usage implements bridge.Usage. The tenant is the domain: every service has one, and names are made so that no two are the
// same; a user name may be that of the product. WHMCS would take one tenant's figures for all services that share a domain,
// so these have none.
func (u Usage) Usage(ctx context.Context, serverID int64, tenant string) (map[string]bridge.Metrics, error) {
	domains, err := u.Ledger.Domains(ctx, serverID, tenant)
	if err != nil {
		return nil, err
	}
	domains = unique(domains)
	accounts, err := u.accounts(ctx, serverID, domains)
	if err != nil {
		return nil, err
	}
	months, _, err := u.months(ctx, accounts)
	if err != nil {
		return nil, err
	}
	metrics := map[string]bridge.Metrics{}
	for id, domain := range domains {
		if m, known := months[id]; known {
			metrics[domain] = bridge.Metrics{In: float64(m.In) / traffic.Gigabyte, Out: float64(m.Out) / traffic.Gigabyte}
		}
	}
	return metrics, nil
}

// accounts are of those services that something is counted of, and maybe of others.
func (u Usage) accounts(ctx context.Context, serverID int64, domains map[int64]string) ([]traffic.Account, error) {
	if len(domains) > 1 {
		return u.Ledger.Counted(ctx, serverID)
	}
	for id := range domains { // the page of one service does not read those of all
		a, known, err := u.Ledger.CountedOf(ctx, id)
		if err != nil || known {
			return []traffic.Account{a}, err
		}
	}
	return nil, nil
}

// months are by service, of those of whose present month something is known.
func (u Usage) months(ctx context.Context, accounts []traffic.Account) (map[int64]traffic.Month, collect.Terms, error) {
	terms, err := u.Terms(ctx)
	if err != nil {
		return nil, terms, fmt.Errorf("tell the present month: %w", err)
	}
	now, months := u.Clock.Now(), make(map[int64]traffic.Month, len(accounts))
	for _, a := range accounts {
		if m, known := a.Current(now, a.Calendar(terms.Rule, terms.Zone)); known {
			months[a.ServiceID] = m
		}
	}
	return months, terms, nil
}

// unique leaves out domains that several services have; capitals make no difference.
func unique(domains map[int64]string) map[int64]string {
	times := map[string]int{}
	for _, d := range domains {
		times[strings.ToLower(d)]++
	}
	alone := make(map[int64]string, len(domains))
	for id, d := range domains {
		if times[strings.ToLower(d)] == 1 {
			alone[id] = d
		}
	}
	return alone
}
