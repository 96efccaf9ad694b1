package config

import (
	"slices"
	"strconv"
)

const serversPrefix = "servers."

// Options is the table of everything but servers, in the order of the sample.
func Options() []Option {
	return slices.Concat(generalOptions(), databaseOptions(), bridgeOptions(), engineOptions())
}

func generalOptions() []Option {
	return []Option{
		{
			Key: "whmcs", Field: func(c *Config) any { return &c.WHMCS.Dir },
			Help: "Folder of WHMCS. Its configuration.php is read, never run, and says where the database is. The flag --whmcs wins.",
		},
		{
			Key: "listen", Default: "127.0.0.1:8472", Field: func(c *Config) any { return &c.Listen }, Check: addresses,
			Help: "Addresses of the bridge: host:port, or unix:///path for a socket. Addresses that other machines can reach " +
				"need bridge.cert_file.",
		},
		{
			Key: "time_zone", Default: "Local", Field: func(c *Config) any { return &c.TimeZone }, Check: timeZone,
			Help: "Time zone that WHMCS works in, such as Europe/Warsaw; backups are planned in it and months of traffic begin in it. " +
				"Local is this machine's.",
		},
		{
			Key: "seal_key", Field: func(c *Config) any { return &c.SealKey }, Check: atLeast16,
			Help: "Encrypts passwords in the database. Without it the key is derived from $cc_encryption_hash of WHMCS. " +
				"All replicas need the same.",
		},
	}
}

func databaseOptions() []Option {
	return []Option{
		{
			Key: "db.host", Default: "127.0.0.1", Field: func(c *Config) any { return &c.DB.Host }, Check: notEmpty,
			Help: "Name or address of the database server.",
		},
		{
			Key: "db.port", Default: "3306", Field: func(c *Config) any { return &c.DB.Port }, Check: between(1, 65535),
			Help: "Port of the database server.",
		},
		{
			Key: "db.socket", Field: func(c *Config) any { return &c.DB.Socket }, Check: absolute,
			Help: "Socket of a database server on this machine; wins over db.host and db.port.",
		},
		{Key: "db.user", Field: func(c *Config) any { return &c.DB.User }, Help: "Database user; \"kvmbridge grants\" prints what it needs."},
		{Key: "db.password", Field: func(c *Config) any { return &c.DB.Password }, Help: "Password of the database user."},
		{Key: "db.name", Field: func(c *Config) any { return &c.DB.Name }, Help: "Name of WHMCS's database."},
		{
			Key: "db.tls", Default: "off", Field: func(c *Config) any { return &c.DB.TLS }, Check: oneOf("off", "on", "insecure"),
			Help: "off, on (the server's certificate is verified) or insecure (encrypted, but to whomever answers).",
		},
		{
			Key: "db.ca_file", Field: func(c *Config) any { return &c.DB.CAFile }, Check: absolute,
			Help: "PEM file with the authority that signed the database server's certificate; without it the system's.",
		},
		{
			Key: "db.max_connections", Default: "20", Field: func(c *Config) any { return &c.DB.MaxConns }, Check: between(2, 1000),
			Help: "Connections of this replica at most.",
		},
	}
}

func bridgeOptions() []Option {
	return []Option{
		{
			Key: "bridge.secret", Field: func(c *Config) any { return &c.Bridge.Secret }, Check: atLeast16,
			Help: "Secret shared with the addon (key k1). Without it the addon's own settings are read from the database.",
		},
		{
			Key: "bridge.secret_next", Field: func(c *Config) any { return &c.Bridge.SecretNext }, Check: atLeast16,
			Help: "Second secret that is accepted as well (key k2), for replacing the first without a pause.",
		},
		{
			Key: "bridge.cert_file", Field: func(c *Config) any { return &c.Bridge.CertFile }, Check: absolute,
			Help: "PEM file with a certificate: with it and bridge.key_file the bridge speaks TLS on its TCP addresses.",
		},
		{
			Key: "bridge.key_file", Field: func(c *Config) any { return &c.Bridge.KeyFile }, Check: absolute,
			Help: "PEM file with the key of bridge.cert_file.",
		},
		{
			Key: "callback.url", Field: func(c *Config) any { return &c.Callback.URL }, Check: webAddress,
			Help: "Address of the addon's callback.php. Without it the system URL of WHMCS is used.",
		},
		{
			Key: "callback.host_header", Field: func(c *Config) any { return &c.Callback.HostHeader },
			Help: "Host header of callbacks, when callback.url names an address instead of the site.",
		},
		{
			Key: "attention.webhook", Field: func(c *Config) any { return &c.Attention.Webhook }, Check: webAddress,
			Help: "Address that is sent a POST when a machine needs a person: {\"service_id\":1,\"text\":\"…\"}.",
		},

		{
			Key: "log.level", Default: "info", Field: func(c *Config) any { return &c.Log.Level }, Check: oneOf("debug", "info", "warn", "error"),
			Help: "debug, info, warn or error.",
		},
		{
			Key: "log.format", Default: "text", Field: func(c *Config) any { return &c.Log.Format }, Check: oneOf("text", "json"),
			Help: "text or json.",
		},
	}
}

func engineOptions() []Option {
	return []Option{
		{
			Key: "engine.workers", Default: "500", Field: func(c *Config) any { return &c.Engine.Workers }, Check: between(1, 10000),
			Help: "Machines in progress at once on this replica; most of them only wait.",
		},
		{
			Key: "engine.retry_interval", Default: "60s", Field: func(c *Config) any { return &c.Engine.RetryInterval }, Check: lasting("1s", "1h"),
			Help: "Longest pause between two tries of a step that fails.",
		},
		{
			Key: "engine.lease", Default: "30s", Field: func(c *Config) any { return &c.Engine.Lease }, Check: lasting("5s", "10m"),
			Help: "How long a replica that died keeps its machines from the others.",
		},
		{
			Key: "engine.clone_lane", Default: "2", Field: func(c *Config) any { return &c.Engine.CloneLane }, Check: between(1, 100),
			Help: "Clones at once per server and source storage. More of them make Proxmox fail with lock timeouts on slow storages.",
		},
		{
			Key: "engine.migrate_lane", Default: "2", Field: func(c *Config) any { return &c.Engine.MigrateLane }, Check: between(1, 100),
			Help: "Migrations at once per node.",
		},
		{
			Key: "engine.start_lane", Default: "4", Field: func(c *Config) any { return &c.Engine.StartLane }, Check: between(1, 100),
			Help: "Starts at once per node.",
		},
		{
			Key: "engine.calls", Default: "8", Field: func(c *Config) any { return &c.Engine.Calls }, Check: between(1, 100),
			Help: "API calls at once per server.",
		},
		{
			Key: "migration.enable", Default: "true", Field: func(c *Config) any { return &c.Migration.Enable },
			Help: "Whether a new machine may leave the node of its template, until Settings > General of the addon is saved with another choice.",
		},
		{
			Key: "migration.timeout", Default: "300s", Field: func(c *Config) any { return &c.Migration.Timeout }, Check: lasting("10s", "24h"),
			Help: "How long one try of a migration may take; it is tried again later. Settings > General of the addon wins.",
		},
		{
			Key: "termination.undo", Default: "0s", Field: func(c *Config) any { return &c.Termination.Undo }, Check: lasting("0s", "720h"),
			Help: "How long a terminated machine is only switched off, unplugged and kept with its addresses: Create on its page, or " +
				"\"kvmbridge vm restore\", takes the termination back until then. 0s removes it at once.",
		},
	}
}

// serverOptions is the table of one Proxmox server, by its number in WHMCS.
func serverOptions(id int) []Option {
	prefix := serversPrefix + strconv.Itoa(id) + "."
	return []Option{
		{
			Key: prefix + "fingerprint", Field: func(c *Config) any { return &c.server(id).Fingerprint }, Check: fingerprint,
			Help: "SHA-256 fingerprint of the server's certificate, for one that no authority has signed.",
		},
		{
			Key: prefix + "ca_file", Field: func(c *Config) any { return &c.server(id).CAFile }, Check: absolute,
			Help: "PEM file with the authority of the server's certificate, such as a copy of /etc/pve/pve-root-ca.pem.",
		},
		{
			Key: prefix + "insecure", Default: "false", Field: func(c *Config) any { return &c.server(id).Insecure },
			Help: "Believes whoever answers. Anyone on the way can then read and use the API token.",
		},
	}
}
