package store_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/netip"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/legacy"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// limited makes a user that has only what Grants prints, and a world whose store connects as that user.
func limited(t *testing.T) (world, *store.DB) {
	t.Helper()
	db := testdb.New(t, testdb.Bare())
	w := world{DB: db, server: db.Server(t, "pve"), client: db.Client(t, "Ada", "Byron"), product: db.Product(t, "{}")}
	w.service = db.Service(t, w.client, w.product, w.server)
	name := "u" + db.Name[len(db.Name)-12:]
	user := "'" + name + "'@'%'"
	db.Exec(t, "CREATE USER "+user+" IDENTIFIED BY 'pässword@/:'")
	t.Cleanup(func() { _, _ = db.SQL.ExecContext(context.Background(), "DROP USER "+user) })
	for _, g := range store.Grants(db.Name, user) {
		db.Exec(t, g)
	}
	return w, db.Store(t, func(c *store.Config) { c.User, c.Password = name, "pässword@/:" })
}

// The whole job of both packages, as a user who may do nothing else.
func TestGrants_sufficeForEverything(t *testing.T) {
	t.Parallel()
	w, d := limited(t)
	ctx := t.Context()
	w.Exec(t, "CREATE TABLE puq_customization_ip_pools (id INT, bridge TEXT)")
	w.Exec(t, "INSERT INTO puq_customization_ip_pools VALUES (1, 'vmbr0')")
	steps := []struct {
		name string
		do   func() error
	}{
		{"Migrate", func() error { return d.Migrate(ctx) }},
		{"Migrate again", func() error { return d.Migrate(ctx) }},
		{"SchemaCurrent", func() error { return d.SchemaCurrent(ctx) }},
		{"the older tables", func() error {
			r, err := legacy.New(d.Handle(), w.Config(t).Box, clock.System{}).Run(ctx)
			if err == nil && len(r.Pools.Left) != 1 {
				err = fmt.Errorf("the row was not seen: %+v", r)
			}
			return err
		}},
		{"pool", func() error { _, err := d.AddPool(ctx, w.pool("10.0.0.2", "10.0.0.9", "10.0.0.1", 24)); return err }},
		{"credentials", func() error {
			if err := d.SaveCredentials(ctx, w.server, store.Credentials{Fingerprint: "f", Password: "p"}); err != nil {
				return err
			}
			_, err := d.Credentials(ctx, w.server)
			return err
		}},
		{"settings", func() error { _, err := d.Instance(ctx); return err }},
		{"a pass", func() error { return passOf(t, w, d) }},
		{"the status page", func() error { return statusOf(ctx, w, d) }},
		{"suspension", func() error { return d.Suspend(ctx, w.service, true) }},
		{"whmcs", func() error { return questionsOf(ctx, w, whmcs.New(d.Handle())) }},
		{"outbox", func() error { return outboxOf(ctx, d) }},
		{"the rest of a life", func() error { return lifeOf(ctx, w, d) }},
		{"FreeAddresses", func() error { return d.FreeAddresses(ctx, w.service) }},
		{"DropTables", func() error { return d.DropTables(ctx) }},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

func passOf(t *testing.T, w world, d *store.DB) error {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	o := w.order()
	o.NewPassword = true
	if err := d.Open(ctx, o); err != nil {
		return err
	}
	if _, _, err := d.Due(ctx, now, 10); err != nil {
		return err
	}
	now = now.Add(time.Second)
	l, m, run := claim(t, d, w.service, now)
	if err := d.Renew(ctx, now); err != nil {
		return err
	}
	if _, err := d.Lease(ctx, w.want(2, 0)); err != nil {
		return err
	}
	if _, err := d.Reserve(ctx, w.server, w.service, 100, nil); err != nil {
		return err
	}
	if err := d.Forfeit(ctx, w.server, w.service, 100); err != nil {
		return err
	}
	if err := d.Note(ctx, l, m); err != nil {
		return err
	}
	m.Mails = []vm.Mail{{Template: "t"}}
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.SetIP, now)); err != nil {
		return err
	}
	if err := d.Fail(ctx, l, &run, m, failure(2, vm.SetIP, "x", now), pipeline.Trouble{Attention: "y", Wake: now}); err != nil {
		return err
	}
	l, m, run = claim(t, d, w.service, now)
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.SetIP, vm.Ready, now)); err != nil {
		return err
	}
	return d.End(ctx, l, &run, m, now, time.Time{})
}

// lifeOf is what is asked of a machine after its deploy.
func lifeOf(ctx context.Context, w world, d *store.DB) error {
	for _, ask := range []func() error{
		func() error { return d.GiveBack(ctx, w.service, []netip.Addr{addr("10.0.0.2")}) },
		func() error { return d.SetPassword(ctx, w.service, "x") },
		func() error { return d.Ask(ctx, w.service, vm.JobStop) },
		func() error { return d.Wish(ctx, w.service, vm.ChangePackage) },
		func() error { return d.Reopen(ctx, w.order()) },
		func() error { return d.Discarded(ctx, w.service) },
		func() error { return d.Move(ctx, w.service, vm.Terminate) },
		func() error { return goneOf(ctx, w, d) },
		func() error { return d.Forget(ctx, w.service) },
		func() error { return d.Attach(ctx, w.service, w.server, 300, "web", "pve1") },
		func() error { _, err := d.Show(ctx, w.service); return err },
		func() error { _, err := d.Machines(ctx, w.server); return err },
		func() error { _, err := d.FindBy(ctx, "web"); return err },
		func() error { _, err := d.FindBy(ctx, "300"); return err },
		func() error { _, err := d.FindBy(ctx, "10.0.0.3"); return err },
	} {
		if err := ask(); err != nil {
			return err
		}
	}
	return nil
}

func goneOf(ctx context.Context, w world, d *store.DB) error {
	now := time.Now().UTC().Add(time.Second)
	l, m, err := d.Claim(ctx, w.service, now)
	if err != nil {
		return err
	}
	run, err := d.Begin(ctx, l, "terminate", m.Status, now)
	if err != nil {
		return err
	}
	m.Gone, m.Entries, m.Notes = true, []string{"x"}, []vm.Note{{Action: "y"}}
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Terminate, vm.Removed, now)); err != nil {
		return err
	}
	return d.End(ctx, l, &run, m, now, time.Time{})
}

func statusOf(ctx context.Context, w world, d *store.DB) error {
	for _, ask := range []func() error{
		func() error { _, err := d.Counts(ctx); return err },
		func() error { _, err := d.Worries(ctx, 5); return err },
		func() error { _, err := d.Runs(ctx, w.service, 5); return err },
		func() error { _, err := d.Held(ctx, w.service); return err },
		func() error { _, err := d.Find(ctx, w.service); return err },
		func() error { _, err := d.LiveMachines(ctx); return err },
		func() error { return d.SaveSetting(ctx, "x", "y") },
	} {
		if err := ask(); err != nil {
			return err
		}
	}
	return nil
}

func questionsOf(ctx context.Context, w world, q *whmcs.DB) error {
	for _, ask := range []func() error{
		func() error { _, err := q.Facts(ctx, w.service); return err },
		func() error { _, err := q.Server(ctx, w.server); return err },
		func() error { _, err := q.Servers(ctx); return err },
		func() error { _, err := q.AddonSettings(ctx); return err },
		func() error { _, err := q.SystemURL(ctx); return err },
		func() error { _, err := q.ServiceIDsOfServer(ctx, w.server); return err },
		func() error { _, err := q.ProductSettings(ctx, w.product); return err },
		func() error { _, err := q.Marks(ctx); return err },
		func() error { _, err := q.MailsAfter(ctx, w.client, 0, "t"); return err },
		func() error { _, err := q.ActivityAfter(ctx, 0, "t"); return err },
	} {
		if err := ask(); err != nil {
			return err
		}
	}
	return nil
}

func outboxOf(ctx context.Context, d *store.DB) error {
	now := time.Now().Add(time.Hour)
	effects, _, err := d.Pending(ctx, now, 10)
	if err != nil {
		return err
	}
	for i := range effects {
		if err := d.Attempt(ctx, &effects[i], now, store.Mark{}); err != nil {
			return err
		}
		if err := d.Postponed(ctx, effects[i], now, "x", false); err != nil {
			return err
		}
		if err := d.Delivered(ctx, effects[i], now); err != nil {
			return err
		}
	}
	return d.ForgetDelivered(ctx, now.Add(time.Hour))
}

func TestGrants_giveNothingMore(t *testing.T) {
	t.Parallel()
	w, d := limited(t)
	for _, q := range []string{
		"SELECT password FROM tblhosting", "UPDATE tblhosting SET domainstatus = 'Terminated'", "UPDATE tblhosting SET password = 'x'",
		"DELETE FROM tblhosting", "SELECT email FROM tblclients", "UPDATE tblservers SET password = 'x'", "DROP TABLE tblhosting",
		"SELECT message FROM tblemails", "CREATE TABLE other (a INT)", "SELECT * FROM mysql.user",
	} {
		if _, err := d.Handle().ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("%s: %v, want it denied", q, err)
		}
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM tblhosting"); got != "1" {
		t.Errorf("services = %s", got)
	}
}

// Whoever names a new table or column in SQL has to list it, and whoever stops using one has to take it out.
func TestGrants_nameWhatTheSQLNames(t *testing.T) {
	t.Parallel()
	sql := literals(t, ".") + literals(t, "addresses") + literals(t, "outbox") + literals(t, "finder") + literals(t, "legacy") + literals(t, "rowedit") + literals(t, "pools") + literals(t, "roster") + literals(t, "traffic") + literals(t, "../whmcs")
	used := map[string]bool{}
	for _, table := range regexp.MustCompile(`\b(tbl[a-z]+|kvmbridge_[a-z_]+|puqProxmoxKVM_[a-z_]+|puq_proxmox_kvm_[a-z_]+)\b`).FindAllString(sql, -1) {
		used[table] = true
	}
	granted := map[string]bool{}
	table := regexp.MustCompile("ON `db`\\.`([^`]+)` TO")
	columns := regexp.MustCompile(`\(([^)]*)\)`)
	for _, g := range store.Grants("db", "'u'@'h'") {
		name := table.FindStringSubmatch(g)[1]
		granted[name] = true
		for _, list := range columns.FindAllStringSubmatch(g, -1) {
			for column := range strings.SplitSeq(list[1], ", ") {
				if !regexp.MustCompile(`\b` + column + `\b`).MatchString(sql) {
					t.Errorf("%s.%s is granted and no SQL names it", name, column)
				}
			}
		}
	}
	for name := range used {
		if !granted[name] {
			t.Errorf("the SQL names %s, Grants does not", name)
		}
	}
	for name := range granted {
		if strings.HasPrefix(name, "tbl") && !used[name] {
			t.Errorf("Grants names %s, no SQL does", name)
		}
	}
}

// literals are the string literals of a package's SQL, without its own list of grants.
func literals(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "grants.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, _ := strconv.Unquote(l.Value)
				all.WriteString(text + "\n")
			}
			return true
		})
	}
	return all.String()
}
