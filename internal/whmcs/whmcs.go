package whmcs

import (
	"html"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// ServerModule and AddonModule are the folders of our modules in WHMCS.
const (
	ServerModule = "puqProxmoxKVM"
	AddonModule  = "puq_proxmox_kvm"
)

// DB asks WHMCS's database. It is safe for concurrent use.
type DB struct{ sql *sqlx.DB }

// New asks over the given connections; store.DB.Handle sets them up.
func New(handle *sqlx.DB) *DB { return &DB{handle} }

var _ vm.Catalogue = (*DB)(nil)

// plain decodes what forms of WHMCS encoded, some versions twice.
func plain(s string) string {
	for range 2 {
		decoded := html.UnescapeString(s)
		if decoded == s {
			break
		}
		s = decoded
	}
	return s
}
