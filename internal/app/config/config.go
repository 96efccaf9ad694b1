package config

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Config is everything an operator can decide; Load fills it and nobody changes it afterwards.
type Config struct {
	// Listen holds addresses of the bridge: "host:port", or "unix:///path" for a socket.
	Listen []string
	// SealKey encrypts secrets at rest; empty: derived from WHMCS.HashKey.
	SealKey Secret
	// TimeZone is WHMCS's: plans of backups are written in it, and billing periods begin in it. "Local" is this machine's.
	TimeZone  string
	WHMCS     WHMCS
	DB        DB
	Bridge    Bridge
	Callback  Callback
	Attention Attention
	Log       Log
	Engine    Engine
	Migration Migration
	// Termination is how terminations go.
	Termination Termination
	// Servers are the settings of Proxmox servers by their number in WHMCS (tblservers.id).
	Servers map[int]*Server
}

// Zone is TimeZone as a location.
func (c Config) Zone(context.Context) (*time.Location, error) { return time.LoadLocation(c.TimeZone) }

// WHMCS is what configuration.php says besides the database.
type WHMCS struct {
	Dir       string // folder of configuration.php; empty: not given
	HashKey   Secret // $cc_encryption_hash
	Charset   string // $mysql_charset, such as "utf8"
	AdminPath string // $customadminpath, "admin" unless renamed
}

// DB says where WHMCS's database is.
type DB struct {
	Host     string
	Port     int
	Socket   string // wins over Host and Port
	User     string
	Password Secret
	Name     string
	TLS      string // off, on (verified) or insecure (encrypted, not verified)
	CAFile   string // PEM file that signs the server's certificate; empty: the system's roots
	MaxConns int    // connections of this replica
}

// Address is what a driver dials: ("unix", path) or ("tcp", host:port).
func (d DB) Address() (network, address string) {
	if d.Socket != "" {
		return "unix", d.Socket
	}
	return "tcp", net.JoinHostPort(d.Host, strconv.Itoa(d.Port))
}

// TLSConfig is how the connection is protected: nil for plain text and for sockets. The error is about CAFile.
func (d DB) TLSConfig() (*tls.Config, error) {
	if d.TLS == "off" || d.Socket != "" {
		return nil, nil //nolint:nilnil // no protection is a valid answer and no fault
	}
	c := &tls.Config{ServerName: d.Host, MinVersion: tls.VersionTLS12}
	// The operator asked for it in so many words.
	c.InsecureSkipVerify = d.TLS == "insecure"
	if d.CAFile == "" {
		return c, nil
	}
	pem, err := readFile(d.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read db.ca_file: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read db.ca_file: %s holds no PEM certificate", d.CAFile)
	}
	return c, nil
}

// Bridge holds the shared secrets of the signature; both empty: read from the addon's settings.
type Bridge struct {
	Secret     Secret // key id k1
	SecretNext Secret // key id k2, accepted too while a secret is being replaced
	CertFile   string // PEM, with KeyFile: TLS on TCP addresses; both empty: none
	KeyFile    string
}

// Attention is who else is told when a machine needs a person.
type Attention struct {
	Webhook string // address that gets a POST with a JSON object; empty: nobody
}

// Callback says where effects are sent; URL empty: derived from WHMCS's system URL.
type Callback struct {
	URL        string
	HostHeader string // Host header when URL names an address instead of the site
}

// Log says what is logged and how.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // text or json
}

// Engine bounds what runs at once and how long things may take.
type Engine struct {
	Workers       int           // machines worked on at once by this replica
	RetryInterval time.Duration // longest pause between two tries
	Lease         time.Duration // how long a replica that died keeps its machines
	CloneLane     int           // clones at once per server and source storage
	MigrateLane   int           // migrations at once per node
	StartLane     int           // starts at once per node
	Calls         int           // API calls at once per server
}

// Migration is the move of a fresh clone to its node.
type Migration struct {
	Enable  bool
	Timeout time.Duration
}

// Termination is the end of a machine.
type Termination struct {
	Undo time.Duration // how long it can be taken back; 0: it begins at once
}

// Server is how one Proxmox server proves who it is; all empty: the system's certificate roots.
type Server struct {
	Fingerprint string // SHA-256 of its certificate, hex, colons allowed
	CAFile      string // PEM file
	Insecure    bool   // no proof asked for
}

// Server returns the settings of server id, zero if none were given.
func (c Config) Server(id int) Server {
	if s := c.Servers[id]; s != nil {
		return *s
	}
	return Server{}
}
