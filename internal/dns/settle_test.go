package dns_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

func TestSettle_reads(t *testing.T) {
	t.Parallel()
	x, y := a("x.example.net", "192.0.2.1"), a("x.example.net", "192.0.2.2")
	away := errors.New("away")
	for name, c := range map[string]struct {
		rows   []dns.Entry
		result dns.Result
		want   dns.Settled
	}{
		"written":                       {[]dns.Entry{row(1, 7, 4, x, "create untried")}, dns.Result{Written: true}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "untried")}}},
		"there before the first try":    {[]dns.Entry{row(1, 7, 4, x, "create")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "foreign untried")}}},
		"there after a lost answer":     {[]dns.Entry{row(1, 7, 4, x, "create tried")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "")}}},
		"still there":                   {[]dns.Entry{row(1, 7, 4, x, "")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "")}}},
		"still there and foreign":       {[]dns.Entry{row(1, 7, 4, x, "foreign")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "foreign")}}},
		"was foreign, is ours now":      {[]dns.Entry{row(1, 7, 4, x, "foreign")}, dns.Result{Written: true}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "")}}},
		"known foreign, then found":     {[]dns.Entry{row(1, 7, 4, x, "create tried foreign")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "foreign")}}},
		"removed":                       {[]dns.Entry{row(1, 7, 4, x, ""), row(2, 7, 4, y, "delete")}, dns.Result{Written: true, Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "")}, Gone: []dns.Entry{row(2, 7, 4, y, "delete")}}},
		"wanted by another":             {[]dns.Entry{row(1, 7, 4, x, ""), row(2, 8, 4, x, "delete")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "")}, Gone: []dns.Entry{row(2, 8, 4, x, "delete")}}},
		"written for another":           {[]dns.Entry{row(1, 7, 4, x, "foreign"), row(2, 8, 4, x, "delete")}, dns.Result{Found: []string{"192.0.2.1"}}, dns.Settled{Live: []dns.Entry{row(1, 7, 4, x, "")}, Gone: []dns.Entry{row(2, 8, 4, x, "delete")}}},
		"stuck":                         {[]dns.Entry{row(1, 7, 4, y, "delete")}, dns.Result{Stuck: []string{"192.0.2.2"}}, dns.Settled{Stuck: []dns.Entry{row(1, 7, 4, y, "delete")}}},
		"failed":                        {[]dns.Entry{row(1, 7, 4, x, "create"), row(2, 7, 4, y, "delete")}, dns.Result{Err: away}, dns.Settled{}},
		"failed, but found before":      {[]dns.Entry{row(1, 7, 4, x, "create"), row(2, 7, 4, y, "delete")}, dns.Result{Err: away, Found: []string{"192.0.2.1"}}, dns.Settled{Foreign: []dns.Entry{row(1, 7, 4, x, "create foreign")}}},
		"failed again, found meanwhile": {[]dns.Entry{row(1, 7, 4, x, "create tried")}, dns.Result{Err: away, Found: []string{"192.0.2.1"}}, dns.Settled{}},
		"the zone is gone":              {[]dns.Entry{row(1, 7, 4, x, "create"), row(2, 7, 4, y, "delete")}, dns.Result{Err: fmt.Errorf("pdns: %w", dns.ErrNoZone)}, dns.Settled{Gone: []dns.Entry{row(2, 7, 4, y, "delete")}}},
	} {
		c1 := dns.Sets(c.rows, zones(), dns.Settings{})[0].Changes[0]
		same(t, name, c.want, dns.Settle(c.rows, c1, c.result))
	}
}

func TestSettle_leavesTheLoserOfAnAddressAlone(t *testing.T) {
	t.Parallel()
	rows := []dns.Entry{row(1, 8, 3, ptr(ptr9, "old.example.org"), ""), row(2, 7, 3, ptr(ptr9, web), "create")}
	c := dns.Sets(rows, zones(), dns.Settings{})[0].Changes[0]
	same(t, "settled", dns.Settled{Live: []dns.Entry{row(2, 7, 3, ptr(ptr9, web), "untried")}}, dns.Settle(rows, c, dns.Result{Written: true}))
}
