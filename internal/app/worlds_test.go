package app_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
)

// All tests of this package run under the account that has what "kvmbridge grants" prints. This one looks that it has no
// more, and begins with "kvmbridge migrate" before there is any table.
func TestPrivileges_mainJobWithOnlyWhatGrantsPrints(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	migrate := exec.CommandContext(t.Context(), "kvmbridge", "migrate", "--whmcs", w.WHMCS.Dir)
	migrate.Env = append(migrate.Environ(), "KVMBRIDGE_DB_USER=kvmbridge", "KVMBRIDGE_DB_PASSWORD="+dbPassword)
	out, err := migrate.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "The database whmcs is at schema ") {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	needed(t, w.pair(t.Context()))
	service := w.order(t, "IPv6 Addresses=1")
	w.ready(t, service)
	w.delivered(t)
	for _, f := range []string{"SuspendAccount", "UnsuspendAccount"} {
		if got := w.call(t, f, service); got != "success" {
			t.Errorf("%s = %q", f, got)
		}
	}
	for _, line := range w.rows(t, "SHOW GRANTS FOR 'kvmbridge'@'localhost'") {
		if strings.Contains(line[0], "*.*") && !strings.Contains(line[0], "GRANT USAGE") || strings.Contains(line[0], "`whmcs`.*") {
			t.Errorf("a right too many: %s", line[0])
		}
	}
	for _, statement := range []string{"SELECT * FROM tblclients", "SELECT password FROM tblhosting", "UPDATE tblhosting SET domainstatus = 'Active'", "DELETE FROM tblservers", "CREATE TABLE other (a INT)"} {
		if _, err := w.sidecar.Store().Handle().ExecContext(t.Context(), statement); err == nil {
			t.Errorf("the account may %s", statement)
		}
	}
}

// WHMCS installations are old: other character sets, zero dates, entities in names.
func TestOldWorld_orderBecomesReady(t *testing.T) {
	t.Parallel()
	for _, charset := range []string{"latin1", "utf8mb3"} {
		t.Run(charset, func(t *testing.T) {
			t.Parallel()
			w := blankWorld(t, playground.Options{Settings: strings.Replace(sold, `"first_vmid"`, `"name_rule":"{client_id}-{service_id}","first_vmid"`, 1)})
			w.aged(t, charset)
			needed(t, w.pair(t.Context()))
			service := w.order(t, "IPv6 Addresses=1")
			w.exec(t, "UPDATE tblhosting SET regdate = '0000-00-00', nextduedate = '0000-00-00' WHERE id = ?", service)
			m := w.ready(t, service)
			w.delivered(t)
			mail := w.value(t, "SELECT message FROM tblemails WHERE subject = ?", readySubject)
			contains(t, "the mail", mail, "J&uuml;rgen", "O&#039;N&eacute;il", m.Password)
			_, html := w.client(t).get(fmt.Sprintf("clientarea.php?action=productdetails&id=%d", service))
			contains(t, "the client's page", html, "Your virtual machine is running.")
			if log := w.log.String(); strings.Contains(log, "level=ERROR") {
				t.Errorf("the sidecar complained:\n%s", w.log.tail())
			}
		})
	}
}

// aged makes WHMCS's tables old ones.
func (w *world) aged(t *testing.T, charset string) {
	t.Helper()
	w.exec(t, "SET GLOBAL sql_mode = ''")
	w.exec(t, "ALTER DATABASE whmcs CHARACTER SET "+charset)
	for _, table := range w.rows(t, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'whmcs'") {
		w.exec(t, "ALTER TABLE "+table[0]+" CONVERT TO CHARACTER SET "+charset)
	}
	w.exec(t, "UPDATE tblclients SET firstname = 'J&uuml;rgen', lastname = 'O&#039;N&eacute;il', companyname = 'M&uuml;ller &amp; S&ouml;hne'")
	w.exec(t, "UPDATE tblproducts SET name = 'VM &quot;small&quot;'")
	w.exec(t, "UPDATE tblservers SET name = 'Cl&uuml;ster'")
}

// The reference product's tables are there already, with columns and rows of which we know nothing.
func TestOldWorld_leavesForeignColumnsAndRowsAlone(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	for _, s := range []string{
		`CREATE TABLE puqProxmoxKVM_vm_info (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, service_id INT NOT NULL, vm_id VARCHAR(20), vm_name TEXT,
			vm_status VARCHAR(40), vm_secret_sauce VARCHAR(30) NOT NULL DEFAULT 'none', vm_created DATETIME DEFAULT '0000-00-00 00:00:00') ENGINE=InnoDB DEFAULT CHARSET=latin1`,
		`INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_secret_sauce) VALUES (7001, '4001', 'old-one', 'ready', 'basil'), (7002, '4002', 'old-two', 'remove', 'thyme')`,
		`CREATE TABLE puq_proxmox_kvm_ip_pools (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, server_id INT, type VARCHAR(10), bridge TEXT, colour VARCHAR(9) NOT NULL DEFAULT 'red') ENGINE=InnoDB DEFAULT CHARSET=utf8mb3`,
		`CREATE TABLE puq_proxmox_kvm_something_else (a INT)`,
		`INSERT INTO puq_proxmox_kvm_something_else VALUES (42)`,
	} {
		lax := `SET STATEMENT sql_mode = '' FOR ` + s
		w.exec(t, lax)
	}
	foreign := func() [][]string {
		rows := w.rows(t, "SELECT id, service_id, vm_id, vm_name, vm_status, vm_secret_sauce, vm_created FROM puqProxmoxKVM_vm_info WHERE service_id IN (7001, 7002) ORDER BY id")
		return append(rows, w.rows(t, "SELECT a FROM puq_proxmox_kvm_something_else")...)
	}
	columns := func() string {
		return fmt.Sprint(w.rows(t, `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_DEFAULT, IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'whmcs'
			AND (TABLE_NAME LIKE 'puq%') AND COLUMN_NAME IN ('id', 'service_id', 'vm_id', 'vm_name', 'vm_status', 'vm_secret_sauce', 'vm_created', 'server_id', 'type', 'bridge', 'colour', 'a')
			ORDER BY TABLE_NAME, COLUMN_NAME`))
	}
	// The table of pools lacks most columns, and that of statistics is missing altogether.
	rowsBefore := foreign()
	needed(t, w.pair(t.Context()))
	service := w.order(t)
	w.ready(t, service)
	w.delivered(t)
	if d := cmp.Diff(rowsBefore, foreign()); d != "" {
		t.Errorf("foreign rows changed (-before +after):\n%s", d)
	}
	contains(t, "the columns", columns(), "[puqProxmoxKVM_vm_info vm_id varchar(20)", "[puqProxmoxKVM_vm_info vm_secret_sauce varchar(30) 'none' NO]", "[puqProxmoxKVM_vm_info vm_name text", "colour varchar(9) 'red' NO")
	if got := w.value(t, "SELECT CONCAT(vm_status, ' ', vm_secret_sauce) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", service); got != "ready none" {
		t.Errorf("our row in the foreign table is %q", got)
	}
}
