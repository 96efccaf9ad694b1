package legacy

// field is something that we want to know, and the columns that may hold it, in the order in which they are believed. The
// extension's columns were never published: these are the names that its forms and its successor suggest.
type field struct {
	name    string
	columns []string
}

// Fields of pools.
const (
	rowID    = "id"
	server   = "server"
	kind     = "type"
	bridge   = "bridge"
	vlan     = "vlan"
	gateway  = "gateway"
	mask     = "mask"
	dns1     = "dns1"
	dns2     = "dns2"
	first    = "first"
	last     = "last"
	zoneName = "zone"
	ttl      = "ttl"
	config   = "config"
)

// Tables names every table of the older extension that is looked for.
func Tables() []string { return append(poolTables(), zoneTables()...) }

func poolTables() []string {
	return []string{"puq_customization_module_puq_proxmox_kvm_ip_pools", "puq_customization_ip_pools"}
}

func poolFields() []field {
	return []field{
		{rowID, []string{"id", "pool_id"}},
		{server, []string{"server_id", "serverid", "server", "whmcs_server_id", "tblservers_id"}},
		{kind, []string{"type", "ip_type", "address_type", "family", "version", "ip_version"}},
		{bridge, []string{"bridge", "vmbr", "network_bridge"}},
		{vlan, []string{"vlan", "vlan_tag", "vlan_id", "tag"}},
		{gateway, []string{"gateway", "gw", "ip_gateway", "gateway_ip"}},
		{mask, []string{"mask", "prefix", "cidr", "netmask", "subnet_mask", "network_mask", "subnet", "prefix_length"}},
		{dns1, []string{"dns1", "dns_1", "dns", "nameserver1", "primary_dns"}},
		{dns2, []string{"dns2", "dns_2", "nameserver2", "secondary_dns"}},
		{first, []string{"address_start", "ip_start", "start", "start_address", "start_ip", "address_from", "ip_from", "range_start", "first", "first_address"}},
		{last, []string{"address_stop", "address_end", "ip_stop", "ip_end", "stop", "end", "stop_address", "end_address", "stop_ip", "end_ip", "address_to", "ip_to", "range_stop", "range_end", "last", "last_address"}},
	}
}

func zoneTables() []string {
	return []string{"puq_customization_module_puq_proxmox_kvm_dns_zones", "puq_customization_dns_zones"}
}

func zoneFields() []field {
	return []field{
		{rowID, []string{"id", "zone_row_id"}},
		{zoneName, []string{"zone", "zone_name", "domain", "name", "dns_zone"}},
		{kind, []string{"type", "provider", "module", "service", "driver"}},
		{ttl, []string{"ttl", "default_ttl"}},
		{config, []string{"config", "settings", "configuration", "data", "params", "parameters", "credentials"}},
	}
}

// providerFields are the fields of the zone form (zones.Providers); in the older table they are columns of their own or
// keys of the JSON in config.
func providerFields() []field {
	return []field{
		{"account_id", []string{"account_id", "account", "cloudflare_account_id"}},
		{"zone_id", []string{"zone_id", "zoneid", "cloudflare_zone_id"}},
		{"api_token", []string{"api_token", "token", "cloudflare_api_token", "api_key", "apikey", "key"}},
		{"server", []string{"server", "server_url", "url", "host", "hostname", "api_url", "endpoint", "hestia_server", "powerdns_server"}},
		{"admin", []string{"admin", "admin_user", "admin_username", "username", "hestia_admin"}},
		{"password", []string{"password", "admin_password", "pass", "hestia_password"}},
		{"user", []string{"user", "owner", "hestia_user"}},
		{"api_key", []string{"api_key", "apikey", "key", "powerdns_api_key", "api_token", "token"}},
		{"fingerprint", []string{"fingerprint"}},
	}
}
