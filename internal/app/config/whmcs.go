package config

import (
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/phpconf"
)

// whmcsOption is the option that a variable of configuration.php stands for. Variables without one are ignored;
// $db_host is read on its own because it may hold a port or a socket.
func whmcsOptions() map[string]Option {
	return map[string]Option{
		"db_port":            mustFind("db.port"),
		"db_username":        mustFind("db.user"),
		"db_password":        mustFind("db.password"),
		"db_name":            mustFind("db.name"),
		"cc_encryption_hash": {Key: "$cc_encryption_hash", Field: func(c *Config) any { return &c.WHMCS.HashKey }},
		"mysql_charset":      {Key: "$mysql_charset", Field: func(c *Config) any { return &c.WHMCS.Charset }},
		"customadminpath":    {Key: "$customadminpath", Field: func(c *Config) any { return &c.WHMCS.AdminPath }},
	}
}

// mustFind is for keys that stand in the table; the tests would see an option without a field.
func mustFind(key string) Option {
	o, _ := find(key)
	return o
}

// whmcsLayer reads configuration.php in dir, without running it.
func whmcsLayer(dir string, sockets []string) layer {
	var l layer
	path := filepath.Join(dir, "configuration.php")
	raw, err := readFile(path)
	if err != nil {
		l.fault(path, "whmcs", "WHMCS's configuration cannot be read: "+err.Error()+". Name the folder that holds configuration.php, and let this user read it.")
		return l
	}
	vars, err := phpconf.Parse(string(raw))
	if err != nil {
		l.fault(path, "whmcs", "This is not a PHP file that can be understood: "+err.Error()+".")
		return l
	}
	l.host(path, vars, sockets)
	options := whmcsOptions()
	for _, name := range []string{"db_port", "db_username", "db_password", "db_name", "cc_encryption_hash", "mysql_charset", "customadminpath"} {
		if text, ok := l.php(path, name, options[name].Key, vars); ok && text != "" {
			l.add(setting{options[name], text, path})
		}
	}
	return l
}

// php is the value of a variable; false when it is not there, or only running the file would tell.
func (l *layer) php(path, name, key string, vars map[string]phpconf.Value) (string, bool) {
	v, ok := vars[name]
	if ok && v.Err != nil {
		l.fault(path, key, "$"+name+" cannot be read: "+v.Err.Error()+". Give the value as "+key+" in kvmbridge's own configuration, or write it out here.")
		return "", false
	}
	return v.Text, ok
}

// host reads $db_host as PHP's database driver does: "host", "host:port", "host:/path/to/socket". For PHP "localhost"
// means the local socket, and the database's grants may depend on that; so it does here, when there is one.
func (l *layer) host(path string, vars map[string]phpconf.Value, sockets []string) {
	text, ok := l.php(path, "db_host", "db.host", vars)
	if !ok || text == "" {
		return
	}
	host, rest := splitHost(text)
	if host != "" {
		l.add(setting{mustFind("db.host"), host, path})
	}
	socket := ""
	switch {
	case strings.HasPrefix(rest, "/"):
		socket = rest
	case rest != "":
		l.add(setting{mustFind("db.port"), rest, path})
		delete(vars, "db_port") // the port beside the name is the more exact one
	}
	if socket == "" && host == "localhost" {
		socket = localSocket(sockets)
	}
	if socket != "" {
		l.add(setting{mustFind("db.socket"), socket, path})
	}
}

// splitHost splits off a port or socket; a bare IPv6 address has neither.
func splitHost(text string) (host, rest string) {
	if strings.HasPrefix(text, "/") {
		return "", text
	}
	if host, socket, ok := strings.Cut(text, ":/"); ok {
		return host, "/" + socket
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		return host, port
	}
	return strings.Trim(text, "[]"), ""
}

// localSocket is the first of the places that exists.
func localSocket(places []string) string {
	if places == nil {
		places = []string{"/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"}
	}
	for _, p := range places {
		if info, err := os.Stat(p); err == nil && info.Mode()&os.ModeSocket != 0 {
			return p
		}
	}
	return ""
}
