package config_test

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

const configurationPHP = `<?php
$license = 'WHMCS-x';
$db_host = "db.example.com";
$db_port = '3307';
$db_username = 'whmcs';
$db_password = 'p\'w$';
$db_name = 'whmcs_live';
$cc_encryption_hash = 'abcdefghijklmnopqrstuvwxyz';
$templates_compiledir = ROOTDIR . '/templates_c';
$mysql_charset = 'utf8';
$customadminpath = 'backstage';
`

// write puts files into a fresh folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// load loads files of these names: configuration.php and kvmbridge.toml are used when given.
func load(t *testing.T, files map[string]string, environ ...string) (config.Config, []config.Fault) {
	t.Helper()
	dir := write(t, files)
	s := config.Sources{Environ: environ, Sockets: []string{}}
	for i, pair := range environ {
		environ[i] = strings.ReplaceAll(pair, "DIR", dir)
	}
	if _, ok := files["configuration.php"]; ok {
		s.WHMCS = dir
	}
	if text, ok := files["kvmbridge.toml"]; ok {
		s.File = filepath.Join(dir, "kvmbridge.toml")
		if err := os.WriteFile(s.File, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(s)
}

func mustLoad(t *testing.T, files map[string]string, environ ...string) config.Config {
	t.Helper()
	c, faults := load(t, files, environ...)
	for _, f := range faults {
		t.Errorf("fault: %v", f)
	}
	return c
}

func TestLoad_takesTheDatabaseFromWHMCS(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, map[string]string{"configuration.php": configurationPHP})
	want := config.DB{
		Host: "db.example.com", Port: 3307, User: "whmcs", Password: "p'w$", Name: "whmcs_live", TLS: "off", MaxConns: 20,
	}
	if c.DB != want {
		t.Errorf("DB = %+v (password %q), want %+v", c.DB, string(c.DB.Password), want)
	}
	if string(c.WHMCS.HashKey) != "abcdefghijklmnopqrstuvwxyz" || c.WHMCS.Charset != "utf8" || c.WHMCS.AdminPath != "backstage" {
		t.Errorf("WHMCS = %+v (hash %q)", c.WHMCS, string(c.WHMCS.HashKey))
	}
	if network, address := c.DB.Address(); network != "tcp" || address != "db.example.com:3307" {
		t.Errorf("Address = %s %s", network, address)
	}
}

func TestLoad_readsPortAndSocketInTheHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"localhost:/run/mysqld/mysqld.sock": "unix /run/mysqld/mysqld.sock",
		":/tmp/my.sock":                     "unix /tmp/my.sock",
		"/tmp/my.sock":                      "unix /tmp/my.sock",
		"db:3310":                           "tcp db:3310",
		"[::1]:3310":                        "tcp [::1]:3310",
		"[::1]":                             "tcp [::1]:3307",
		"fe80::1":                           "tcp [fe80::1]:3307",
		"localhost":                         "tcp localhost:3307",
		"":                                  "tcp 127.0.0.1:3307",
	} {
		php := strings.Replace(configurationPHP, "db.example.com", host, 1)
		network, address := mustLoad(t, map[string]string{"configuration.php": php}).DB.Address()
		if got := network + " " + address; got != want {
			t.Errorf("$db_host = %q: %s, want %s", host, got, want)
		}
	}
}

// PHP's drivers take the local socket for the name localhost, and a grant for 'u'@'localhost' may hold only there.
func TestLoad_takesTheLocalSocketForLocalhostOnly(t *testing.T) {
	t.Parallel()
	place := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", place)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for host, want := range map[string]string{"localhost": "unix " + place, "127.0.0.1": "tcp 127.0.0.1:3307"} {
		dir := write(t, map[string]string{"configuration.php": strings.Replace(configurationPHP, "db.example.com", host, 1)})
		c, faults := config.Load(config.Sources{WHMCS: dir, Sockets: []string{dir, place}})
		network, address := c.DB.Address()
		if got := network + " " + address; got != want || len(faults) != 0 {
			t.Errorf("$db_host = %s: %s, faults %v; want %s", host, got, faults, want)
		}
	}
}

func TestTLSConfig_verifiesUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{"off": "none", "on": "verified for db", "insecure": "unverified"} {
		c, err := config.DB{Host: "db", TLS: mode}.TLSConfig()
		got := "none"
		switch {
		case c != nil && c.InsecureSkipVerify:
			got = "unverified"
		case c != nil:
			got = "verified for " + c.ServerName
		}
		if err != nil || got != want {
			t.Errorf("TLS %s: %s, %v; want %s", mode, got, err, want)
		}
	}
	if c, err := (config.DB{TLS: "on", Socket: "/s"}).TLSConfig(); c != nil || err != nil {
		t.Errorf("a socket got TLS: %v, %v", c, err)
	}
	if _, err := (config.DB{TLS: "on", CAFile: write(t, nil)}).TLSConfig(); err == nil {
		t.Error("a folder passed as ca_file")
	}
}

func TestLoad_laysSourcesOverEachOther(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"configuration.php": strings.Replace(configurationPHP, "db.example.com", "localhost:/run/m.sock", 1),
		"kvmbridge.toml":    "listen = [\"127.0.0.1:1\", \"unix:///run/k\"]\n[db]\nhost = \"file\"\nname = \"file\"\n[engine]\nlease = \"45s\"\n[migration]\nenable = false\n",
	}
	c := mustLoad(t, files, "KVMBRIDGE_DB_NAME=env", "KVMBRIDGE_ENGINE_CALLS=3", "KVMBRIDGE_DB_USER=", "KVMBRIDGE_SERVERS_12_INSECURE=true")
	if network, address := c.DB.Address(); network != "tcp" || address != "file:3307" {
		t.Errorf("Address = %s %s: the file's host must end the socket of WHMCS", network, address)
	}
	got := []any{c.DB.Name, c.DB.User, c.Engine.Lease, c.Engine.Calls, c.Migration.Enable, c.Listen, c.Server(12).Insecure, c.Engine.StartLane}
	want := []any{"env", "whmcs", 45 * time.Second, 3, false, []string{"127.0.0.1:1", "unix:///run/k"}, true, 4}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLoad_readsTwinsOfSecrets(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"configuration.php": configurationPHP,
		"kvmbridge.toml":    "[bridge]\nsecret_file = \"DIR/secret\"\n",
		"secret":            "0123456789abcdef\r\n",
		"password":          "with space \n",
	}
	c := mustLoad(t, files, "KVMBRIDGE_DB_PASSWORD_FILE=DIR/password")
	if string(c.Bridge.Secret) != "0123456789abcdef" || string(c.DB.Password) != "with space " {
		t.Errorf("secret %q, password %q", string(c.Bridge.Secret), string(c.DB.Password))
	}
}

func TestLoad_saysEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	fine := map[string]string{"configuration.php": configurationPHP, "secret": "0123456789abcdef", "empty": "\n"}
	for name, c := range map[string]struct {
		toml, php string
		environ   []string
		want      []string // one part of each fault, in order
	}{
		"unknown keys": {
			toml: "[db]\nhots = \"x\"\npasswort = \"x\"\n[databse]\nname = \"x\"\n[servers.pve1]\ninsecure = true\n[zzzzzzzz]\nqqqqqqqqqqqq = 1\n",
			want: []string{"databse.name. Did you mean db.name?", "db.hots. Did you mean db.host?", "db.passwort. Did you mean db.password?", "servers.pve1.insecure. Name the server by its number", "There is no option zzzzzzzz.qqqqqqqqqqqq."},
		},
		"types": {
			toml: "listen = \"a\"\n[db]\nport = \"3306\"\nuser = true\n[engine]\nlease = 30\n[migration]\nenable = \"yes\"\n",
			want: []string{"db.port must be a whole number", "db.user must be a text in quotes", "engine.lease must be a duration", "listen must be a list", "migration.enable must be true or false"},
		},
		"ranges": {
			environ: []string{"KVMBRIDGE_DB_PORT=0", "KVMBRIDGE_DB_TLS=yes", "KVMBRIDGE_ENGINE_LEASE=1s", "KVMBRIDGE_LISTEN=,", "KVMBRIDGE_CALLBACK_URL=ftp://x", "KVMBRIDGE_SERVERS_3_FINGERPRINT=ab:cd"},
			want:    []string{"callback.url must be an address", "db.port must be a whole number from 1 to 65535. It is \"0\".", "db.tls must be off, on or insecure", "engine.lease must be a duration from 5s", "listen must name at least one", "servers.3.fingerprint must be a SHA-256"},
		},
		"secret twice":       {toml: "[db]\npassword = \"a\"\npassword_file = \"DIR/secret\"\n", want: []string{"db.password is given both"}},
		"secret twice env":   {environ: []string{"KVMBRIDGE_DB_PASSWORD=a", "KVMBRIDGE_DB_PASSWORD_FILE=DIR/secret"}, want: []string{"db.password is given both"}},
		"secret file gone":   {environ: []string{"KVMBRIDGE_SEAL_KEY_FILE=DIR/gone"}, want: []string{"The file with seal_key cannot be read"}},
		"secret file empty":  {environ: []string{"KVMBRIDGE_SEAL_KEY_FILE=DIR/empty"}, want: []string{"for seal_key is empty"}},
		"secret short":       {environ: []string{"KVMBRIDGE_BRIDGE_SECRET=hunter2"}, want: []string{"bridge.secret must have at least 16 characters."}},
		"not TOML":           {toml: "a = 1\n[db\n", want: []string{"is not TOML: "}},
		"secret unquoted":    {toml: "[db]\npassword = hunter2\n", want: []string{"Line 2 is not TOML; the value of db.password must stand in quotes"}},
		"misspelt variable":  {environ: []string{"KVMBRIDGE_DB_NAXY=x", "KVMBRIDGE_PORT=tcp://1"}, want: []string{"KVMBRIDGE_DB_NAXY: There is no such setting; did you mean KVMBRIDGE_DB_NAME?"}},
		"no file":            {environ: []string{"KVMBRIDGE_CONFIG=DIR/gone.toml"}, want: []string{"configuration file cannot be read"}},
		"certificates":       {environ: []string{"KVMBRIDGE_SERVERS_3_CA_FILE=DIR/secret", "KVMBRIDGE_DB_CA_FILE=DIR/gone"}, want: []string{"db.ca_file only counts", "db.ca_file cannot be read", "servers.3.ca_file (", "holds no certificate"}},
		"proof and no proof": {environ: []string{"KVMBRIDGE_SERVERS_3_INSECURE=1", "KVMBRIDGE_SERVERS_3_FINGERPRINT=" + strings.Repeat("ab:", 31) + "ab"}, want: []string{"Server 3 is insecure and also"}},
		"host header alone":  {environ: []string{"KVMBRIDGE_CALLBACK_HOST_HEADER=x"}, want: []string{"callback.host_header only counts"}},
		"list in a list":     {toml: "listen = [\"127.0.0.1:1,127.0.0.1:2\"]\n", want: []string{"listen must be a list"}},
		"open to all":        {environ: []string{"KVMBRIDGE_LISTEN=[::1]:1,localhost:2,unix:///run/k,0.0.0.0:3"}, want: []string{"KVMBRIDGE_LISTEN: Requests carry passwords"}},
		"half of TLS":        {environ: []string{"KVMBRIDGE_BRIDGE_KEY_FILE=/k"}, want: []string{"bridge.cert_file and bridge.key_file only count together"}},
		"PHP variable":       {php: `<?php $db_name = "whmcs_$env"; $db_username='u'; $cc_encryption_hash='x';`, want: []string{"$db_name cannot be read: its string contains the variable $env"}},
		"PHP broken":         {php: `<?php $db_name = "whmcs`, want: []string{"This is not a PHP file", "database is not known", "database user is not known", "no key to encrypt"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(fine)
			if c.php != "" {
				files["configuration.php"] = c.php
			}
			if c.toml != "" {
				files["kvmbridge.toml"] = c.toml
			}
			_, faults := load(t, files, slices.Clone(c.environ)...)
			compareFaults(t, faults, c.want)
		})
	}
}

// compareFaults wants each part in the faults, in order, and no fault without one.
func compareFaults(t *testing.T, faults []config.Fault, want []string) {
	t.Helper()
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.String())
		if strings.Contains(f.String(), "hunter2") || !strings.HasSuffix(f.Text, ".") && !strings.HasSuffix(f.Text, "?") {
			t.Errorf("fault shows a secret or is no sentence: %s", f)
		}
	}
	rest := strings.Join(lines, "\n")
	for _, part := range want {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Errorf("no fault %q in:\n%s", part, strings.Join(lines, "\n"))
		}
		rest = after
	}
	if strings.Contains(rest, "\n") {
		t.Errorf("more faults than expected:%s", rest)
	}
}

func TestLoad_namesTheFolderThatHasNoWHMCS(t *testing.T) {
	t.Parallel()
	_, faults := config.Load(config.Sources{WHMCS: t.TempDir()})
	if len(faults) != 4 || !strings.Contains(faults[0].String(), "configuration.php: WHMCS's configuration cannot be read") {
		t.Errorf("faults = %v", faults)
	}
}

func TestLoad_forgivesWHMCSWhatAHigherSourceSays(t *testing.T) {
	t.Parallel()
	php := strings.Replace(configurationPHP, `'p\'w$'`, `getenv('DB_PASSWORD')`, 1)
	c := mustLoad(t, map[string]string{"configuration.php": php}, "KVMBRIDGE_DB_PASSWORD=given")
	if string(c.DB.Password) != "given" {
		t.Errorf("password = %q", string(c.DB.Password))
	}
}

func TestLoad_takesTheFolderOfWHMCSFromAnySource(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"configuration.php": configurationPHP})
	c, faults := config.Load(config.Sources{Environ: []string{"KVMBRIDGE_WHMCS=" + dir}})
	if len(faults) != 0 || c.DB.Name != "whmcs_live" || c.WHMCS.Dir != dir {
		t.Errorf("DB %+v, dir %s, faults %v", c.DB, c.WHMCS.Dir, faults)
	}
}
