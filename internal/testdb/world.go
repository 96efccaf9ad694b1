package testdb

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Server adds a Proxmox server entry and returns its id.
func (db *DB) Server(t testing.TB, name string) int64 {
	t.Helper()
	return db.Exec(t, `INSERT INTO tblservers (name, ipaddress, assignedips, hostname, type, username, password, accesshash, secure, port)
		VALUES (?, '192.0.2.1', '', 'pve.example.com', 'puqProxmoxKVM', 'root@pam!kvmbridge', 'encrypted', '', 'on', 8006)`, name)
}

// LegacyList sets the address list of a server entry.
func (db *DB) LegacyList(t testing.TB, serverID int64, text string) {
	t.Helper()
	db.Exec(t, "UPDATE tblservers SET assignedips = ? WHERE id = ?", text, serverID)
}

// Product adds a product of our module; settings is the JSON of its first option.
func (db *DB) Product(t testing.TB, settings string) int64 {
	t.Helper()
	empty := []any{"server", "VM", "", "recurring", "", "puqProxmoxKVM", settings}
	query := `INSERT INTO tblproducts (type, name, description, paytype, autosetup, servertype, configoption1`
	values := `?, ?, ?, ?, ?, ?, ?`
	for _, n := range []string{"2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23", "24"} {
		query += ", configoption" + n
		values += ", ''"
	}
	return db.Exec(t, query+") VALUES ("+values+")", empty...)
}

// Client adds a client account.
func (db *DB) Client(t testing.TB, first, last string) int64 {
	t.Helper()
	return db.Exec(t, `INSERT INTO tblclients (firstname, lastname, companyname, email, address1, address2, city, state, postcode, country, phonenumber, language)
		VALUES (?, ?, '', 'client@example.com', '', '', '', '', '', 'DE', '', '')`, first, last)
}

// Service adds an active service.
func (db *DB) Service(t testing.TB, clientID, productID, serverID int64) int64 {
	t.Helper()
	return db.Exec(t, `INSERT INTO tblhosting (userid, packageid, server, domain, paymentmethod, billingcycle, domainstatus, username, password, notes,
		suspendreason, dedicatedip, assignedips, ns1, ns2) VALUES (?, ?, ?, '', '', 'Monthly', 'Active', '', '', '', '', '', '', '', '')`,
		clientID, productID, serverID)
}

// Option gives a service a drop-down option whose chosen value is value.
func (db *DB) Option(t testing.TB, serviceID int64, name, value string) {
	t.Helper()
	db.OptionOfType(t, serviceID, name, 1, value, 0)
}

// OptionOfType gives a service an option of WHMCS's type 1 drop-down, 2 radio, 3 yes/no or 4 quantity.
func (db *DB) OptionOfType(t testing.TB, serviceID int64, name string, kind int, choice string, quantity int) {
	t.Helper()
	option := db.Exec(t, "INSERT INTO tblproductconfigoptions (gid, optionname, optiontype) VALUES (1, ?, ?)", name, kind)
	sub := db.Exec(t, "INSERT INTO tblproductconfigoptionssub (configid, optionname) VALUES (?, ?)", option, choice)
	db.Exec(t, "INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES (?, ?, ?, ?)", serviceID, option, sub, quantity)
}

// Pool adds an address pool and returns its id.
func (db *DB) Pool(t testing.TB, p ippool.Pool) int64 {
	t.Helper()
	dns := [2]string{}
	for i, a := range p.DNS {
		dns[i%2] = a.String()
	}
	kind := "ipv4"
	if p.First.Is6() {
		kind = "ipv6"
	}
	return db.Exec(t, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, p.ServerID, kind, p.Bridge, p.VLAN, p.Gateway.String(), p.Bits, dns[0], dns[1], p.First.String(), p.Last.String())
}
