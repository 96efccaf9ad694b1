package testdb

import (
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Server adds a Proxmox server entry and returns its id.
func (db *DB) Server(tb testing.TB, name string) int64 {
	tb.Helper()
	return db.Exec(tb, `INSERT INTO tblservers (name, ipaddress, assignedips, hostname, type, username, password, accesshash, secure, port)
		VALUES (?, '192.0.2.1', '', 'pve.example.com', 'puqProxmoxKVM', 'root@pam!kvmbridge', 'encrypted', '', 'on', 8006)`, name)
}

// LegacyList sets the address list of a server entry.
func (db *DB) LegacyList(tb testing.TB, serverID int64, text string) {
	tb.Helper()
	db.Exec(tb, "UPDATE tblservers SET assignedips = ? WHERE id = ?", text, serverID)
}

// Product adds a product of our module; settings is the JSON of its first option.
func (db *DB) Product(tb testing.TB, settings string) int64 {
	tb.Helper()
	columns := []string{"type", "name", "description", "paytype", "autosetup", "servertype", "configoption1"}
	values := []any{"server", "VM", "", "recurring", "", "puqProxmoxKVM", settings}
	for n := 2; n <= 24; n++ { // WHMCS's own form fills them all
		columns, values = append(columns, "configoption"+strconv.Itoa(n)), append(values, "")
	}
	return db.Exec(tb, "INSERT INTO tblproducts ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")", values...)
}

// Client adds a client account.
func (db *DB) Client(tb testing.TB, first, last string) int64 {
	tb.Helper()
	return db.Exec(tb, `INSERT INTO tblclients (firstname, lastname, companyname, email, address1, address2, city, state, postcode, country, phonenumber, language)
		VALUES (?, ?, '', 'client@example.com', '', '', '', '', '', 'DE', '', '')`, first, last)
}

// Service adds an active service.
func (db *DB) Service(tb testing.TB, clientID, productID, serverID int64) int64 {
	tb.Helper()
	return db.Exec(tb, `INSERT INTO tblhosting (userid, packageid, server, domain, paymentmethod, billingcycle, domainstatus, username, password, notes,
		suspendreason, dedicatedip, assignedips, ns1, ns2) VALUES (?, ?, ?, '', '', 'Monthly', 'Active', '', '', '', '', '', '', '', '')`,
		clientID, productID, serverID)
}

// Option gives a service a drop-down option whose chosen value is value.
func (db *DB) Option(tb testing.TB, serviceID int64, name, value string) {
	tb.Helper()
	db.OptionOfType(tb, serviceID, name, 1, value, 0)
}

// OptionOfType gives a service an option of WHMCS's type 1 drop-down, 2 radio, 3 yes/no or 4 quantity.
func (db *DB) OptionOfType(tb testing.TB, serviceID int64, name string, kind int, choice string, quantity int) {
	tb.Helper()
	option := db.Exec(tb, "INSERT INTO tblproductconfigoptions (gid, optionname, optiontype) VALUES (1, ?, ?)", name, kind)
	sub := db.Exec(tb, "INSERT INTO tblproductconfigoptionssub (configid, optionname) VALUES (?, ?)", option, choice)
	db.Exec(tb, "INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES (?, ?, ?, ?)", serviceID, option, sub, quantity)
}

// Pool adds an address pool and returns its id.
func (db *DB) Pool(tb testing.TB, p ippool.Pool) int64 {
	tb.Helper()
	dns := [2]string{}
	for i, a := range p.DNS {
		dns[i%2] = a.String()
	}
	kind := "ipv4"
	if p.First.Is6() {
		kind = "ipv6"
	}
	return db.Exec(tb, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, p.ServerID, kind, p.Bridge, p.VLAN, p.Gateway.String(), p.Bits, dns[0], dns[1], p.First.String(), p.Last.String())
}
