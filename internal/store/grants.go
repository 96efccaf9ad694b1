package store

import (
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/store/legacy"
	"github.com/kvmbridge/kvmbridge/schema"
)

// access is what the program does with one table.
type access struct {
	table  string
	read   []string // columns
	change []string // columns
}

// whmcsAccess lists WHMCS's tables and columns that internal/store and internal/whmcs name in their SQL, nothing more.
func whmcsAccess() []access {
	return []access{
		{
			"tblhosting",
			[]string{"id", "userid", "packageid", "server", "domain", "domainstatus", "username", "dedicatedip", "assignedips", "regdate", "nextduedate"},
			[]string{"domain", "username", "dedicatedip", "assignedips", "bwusage", "bwlimit", "lastupdate"},
		},
		{"tblproducts", []string{"id", "name", "servertype", "configoption1", "configoption4"}, nil},
		{"tblclients", []string{"id", "firstname", "lastname", "companyname"}, nil},
		{"tblservers", []string{"id", "name", "hostname", "ipaddress", "port", "secure", "username", "password", "accesshash", "disabled", "type", "assignedips"}, nil},
		{"tblhostingconfigoptions", []string{"id", "relid", "configid", "optionid", "qty"}, nil},
		{"tblproductconfigoptions", []string{"id", "optionname", "optiontype"}, nil},
		{"tblproductconfigoptionssub", []string{"id", "configid", "optionname"}, nil},
		{"tblcustomfields", []string{"id", "type", "relid", "fieldname"}, nil},
		{"tblcustomfieldsvalues", []string{"fieldid", "relid", "value"}, nil},
		{"tbladdonmodules", []string{"id", "module", "setting", "value"}, nil},
		{"tblconfiguration", []string{"setting", "value"}, nil},
		{"tblemails", []string{"id", "userid", "subject"}, nil},
		{"tblemailtemplates", []string{"name", "type", "subject"}, nil},
		{"tblactivitylog", []string{"id", "description"}, nil},
	}
}

// Grants are the statements that give a database user exactly what the program uses, migrations included. user is
// written as MySQL writes accounts, such as 'kvmbridge'@'localhost'.
func Grants(database, user string) []string {
	var list []string
	for _, t := range schema.AllTables() {
		list = append(list, fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP ON `%s`.`%s` TO %s;", database, t, user))
	}
	for _, t := range legacy.Tables() { // without CREATE the server refuses a grant on a table that is not there
		list = append(list, fmt.Sprintf("GRANT SELECT, CREATE ON `%s`.`%s` TO %s;", database, t, user))
	}
	for _, a := range whmcsAccess() {
		rights := "SELECT (" + strings.Join(a.read, ", ") + ")"
		if len(a.change) > 0 {
			rights += ", UPDATE (" + strings.Join(a.change, ", ") + ")"
		}
		list = append(list, fmt.Sprintf("GRANT %s ON `%s`.`%s` TO %s;", rights, database, a.table, user))
	}
	return list
}
