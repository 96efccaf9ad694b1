package whmcs_test

import (
	"maps"
	"strconv"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

func TestAllowances_ofProductsAndOptions(t *testing.T) {
	t.Parallel()
	for name, opts := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t, opts...)
			q := whmcs.New(db.SQL)
			client, server := db.Client(t, "Ada", "Byron"), db.Server(t, "pve")
			order := func(product int64, limit string) int64 {
				id := db.Service(t, client, product, server)
				if limit != "" {
					db.Option(t, id, "Traffic Limit|Monthly traffic", limit)
				}
				return id
			}
			free, broken, foreign := db.Product(t, "{}"), db.Product(t, `{"vm": {"cpus": 1}}`), db.Product(t, `{"traffic": {"limit_gb": 1}}`)
			db.Exec(t, "UPDATE tblproducts SET servertype = 'cpanel' WHERE id = ?", foreign)
			limited := db.Product(t, `{&quot;traffic&quot;: {&quot;limit_gb&quot;: 100, &quot;counted&quot;: &quot;larger&quot;, &quot;throttle_mbps&quot;: 2}}`)
			gb := func(n uint64) traffic.Policy {
				return traffic.Policy{Limit: n << 30, Counted: traffic.Larger, Throttle: 2}
			}
			want := map[int64]traffic.Policy{
				order(limited, ""):           gb(100),
				order(limited, "500|500 GB"): gb(500),
				order(limited, "much"):       {Unknown: true},
				order(free, "50"):            {Limit: 50 << 30, Counted: traffic.Both},
				order(broken, ""):            {Unknown: true},
			}
			order(limited, "0|unlimited")
			order(free, "")
			order(foreign, "7")
			for _, status := range []string{"Terminated", "Cancelled", "Fraud"} {
				db.Exec(t, "UPDATE tblhosting SET domainstatus = ? WHERE id = ?", status, order(limited, "10"))
			}
			db.Option(t, order(free, ""), "Traffic Limits", "9")
			got, err := q.Allowances(t.Context())
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("got %v, %v\nwant %v", got, err, want)
			}
		})
	}
}

// Every word of the setting is one that is counted by, and no other.
func TestAllowances_knowTheWordsOfTheSetting(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]uint64{"both": 5, "in": 2, "out": 3, "larger": 3} {
		s, err := spec.Resolve(spec.Facts{Settings: `{"traffic": {"counted": "` + word + `"}}`})
		if got := traffic.PolicyOf(s.Traffic).Used(traffic.Volume{In: 2, Out: 3}); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", word, got, err, want)
		}
	}
}

func TestAllowances_takeFewStatementsHoweverManyServices(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	one := db.Store(t).Handle()
	one.SetMaxOpenConns(1)
	q := whmcs.New(one)
	product, server := db.Product(t, "{}"), db.Server(t, "pve")
	db.Service(t, 1, product, server)
	for range 11 { // 2048 services
		db.Exec(t, `INSERT INTO tblhosting (userid, packageid, server, domainstatus, domain, paymentmethod, billingcycle, username, password, notes, suspendreason,
			dedicatedip, assignedips, ns1, ns2) SELECT userid, packageid, server, domainstatus, domain, paymentmethod, billingcycle, username, password, notes, suspendreason,
			dedicatedip, assignedips, ns1, ns2 FROM tblhosting`)
	}
	count := func(services, statements int) {
		t.Helper()
		before := questions(t, one)
		got, err := q.Allowances(t.Context())
		asked := questions(t, one) - before - 1 // the second question itself
		if err != nil || len(got) != services || asked != statements {
			t.Errorf("%d services by %d statements, %v; want %d by %d", len(got), asked, err, services, statements)
		}
	}
	count(0, 2)
	id := db.Service(t, 1, product, server)
	db.Option(t, id, "Traffic Limit", "5")
	count(1, 3)
	db.Exec(t, `UPDATE tblproducts SET configoption1 = '{"traffic": {"limit_gb": 1}}' WHERE id = ?`, product)
	count(2049, 4)
}

// questions is how many statements the one connection behind db has sent.
func questions(t *testing.T, db *sqlx.DB) int {
	t.Helper()
	var name, n string
	if err := db.QueryRowxContext(t.Context(), "SHOW SESSION STATUS LIKE 'Questions'").Scan(&name, &n); err != nil {
		t.Fatal(err)
	}
	count, err := strconv.Atoi(n)
	if err != nil {
		t.Fatal(err)
	}
	return count
}
