package schema

// Table is a table that may already exist: it is created when missing, else missing columns are added.
type Table struct {
	Name    string
	Key     string // column that identifies a row; an index on it is added when no index begins with it
	Auto    bool   // Key counts up by itself
	Columns []Column
	Sorted  [][]string // columns of further indexes; each is added when no index begins with its first column
}

// Column of a Table; its type is used only when the column is made by us.
type Column struct {
	Name    string
	Type    string // type, nullability and default
	Comment string
}

// Compat lists the tables that keep the reference product's names. Column names are the reference product's where they
// are published, otherwise our reading of them.
func Compat() []Table {
	return []Table{vmInfo(), statistics(), ipPools(), dnsZones()}
}

// AllTables names every table of the module: the completed ones, our own and those that the migrations need.
func AllTables() []string {
	own := []string{
		"kvmbridge_vm", "kvmbridge_jobs", "kvmbridge_copies", "kvmbridge_runs", "kvmbridge_run_steps", "kvmbridge_ip_allocations", "kvmbridge_vmid_reservations",
		"kvmbridge_dns_records", "kvmbridge_turns", "kvmbridge_outbox", "kvmbridge_tasks", "kvmbridge_settings", "kvmbridge_servers", "kvmbridge_secrets",
		"kvmbridge_traffic",
		"kvmbridge_migrations", "kvmbridge_locks",
	}
	for _, t := range Compat() {
		own = append(own, t.Name)
	}
	return own
}

func vmInfo() Table {
	return Table{Name: "puqProxmoxKVM_vm_info", Key: "service_id", Columns: []Column{
		{"service_id", "INT UNSIGNED NOT NULL", "tblhosting.id"},
		{"vm_id", "INT UNSIGNED NULL", "Proxmox VM id, empty before the first step and after termination"},
		{"vm_name", "VARCHAR(255) NULL", "name of the guest, made by the name rule"},
		{"vm_status", "VARCHAR(64) NOT NULL DEFAULT ''", "last completed step"},
		{"vm_net0_mac", "VARCHAR(32) NULL", "MAC address kept for a reinstall"},
		{"vm_rev_dns", "MEDIUMTEXT NULL", "JSON object: address -> reverse name, IPv6 in full"},
		{"vm_snapshots", "INT NOT NULL DEFAULT 0", "number of snapshots"},
		{"vm_backups", "INT NOT NULL DEFAULT 0", "number of backups"},
		{"vm_backup_now_utid", "VARCHAR(255) NULL", "task id of a running manual backup"},
		{"vm_backup_restore_utid", "VARCHAR(255) NULL", "task id of a running restore"},
		{"vm_backup_schedule", "TEXT NULL", "JSON object: weekday, 0 = Sunday -> HH:MM"},
		{"vm_backup_last", "DATE NULL", "day of the last scheduled backup"},
		{"vm_statistics_last", "DATETIME NULL", "of the reference product; kvmbridge_traffic.taken_at says when traffic was read last"},
		{"vm_last_action_log", "MEDIUMTEXT NULL", "JSON: the last run"},
		{"vm_deploy_log", "MEDIUMTEXT NULL", "JSON list: the newest 50 deploy runs"},
		{"vm_snapshot_schedule", "TEXT NULL", "JSON object: weekday, 0 = Sunday -> HH:MM"},
		{"vm_snapshot_last", "DATE NULL", "day of the last scheduled snapshot"},
	}}
}

func statistics() Table {
	return Table{Name: "puqProxmoxKVM_statistics", Key: "id", Auto: true, Columns: []Column{
		{"id", "BIGINT UNSIGNED NOT NULL", "number of the entry"},
		{"service_id", "INT UNSIGNED NOT NULL DEFAULT 0", "tblhosting.id"},
		{"date", "DATETIME NULL", "UTC; start of the hour"},
		{"net_in", "BIGINT UNSIGNED NOT NULL DEFAULT 0", "bytes received by the guest in that hour"},
		{"net_out", "BIGINT UNSIGNED NOT NULL DEFAULT 0", "bytes sent by the guest in that hour"},
		{"estimated", "BIGINT UNSIGNED NOT NULL DEFAULT 0", "bytes of net_in and net_out together that come from averages, not from counters"},
	}, Sorted: [][]string{{"service_id", "date"}, {"date"}}}
}

func ipPools() Table {
	return Table{Name: "puq_proxmox_kvm_ip_pools", Key: "id", Auto: true, Columns: []Column{
		{"id", "INT UNSIGNED NOT NULL", "number of the pool"},
		{"server_id", "INT UNSIGNED NOT NULL DEFAULT 0", "tblservers.id the pool belongs to"},
		{"type", "VARCHAR(8) NOT NULL DEFAULT 'ipv4'", "ipv4 or ipv6"},
		{"bridge", "VARCHAR(64) NOT NULL DEFAULT ''", "Proxmox bridge"},
		{"vlan", "INT NOT NULL DEFAULT 0", "VLAN tag, 0 = untagged"},
		{"gateway", "VARCHAR(64) NOT NULL DEFAULT ''", "gateway, never handed out"},
		{"mask", "INT NOT NULL DEFAULT 32", "prefix length"},
		{"dns1", "VARCHAR(64) NULL", "first DNS server"},
		{"dns2", "VARCHAR(64) NULL", "second DNS server"},
		{"address_start", "VARCHAR(64) NOT NULL DEFAULT ''", "first address"},
		{"address_stop", "VARCHAR(64) NOT NULL DEFAULT ''", "last address"},
	}}
}

func dnsZones() Table {
	return Table{Name: "puq_proxmox_kvm_dns_zones", Key: "id", Auto: true, Columns: []Column{
		{"id", "INT UNSIGNED NOT NULL", "number of the zone"},
		{"zone", "VARCHAR(255) NOT NULL DEFAULT ''", "name of the zone"},
		{"type", "VARCHAR(32) NOT NULL DEFAULT ''", "provider: cloudflare, hestiacp or powerdns"},
		{"ttl", "INT NOT NULL DEFAULT 3600", "time to live of new records in seconds"},
		{"config", "MEDIUMTEXT NULL", "JSON object: fields of the provider, secrets sealed"},
	}}
}
