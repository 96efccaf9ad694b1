package contract

import "github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"

// Version names a release of Proxmox VE.
type Version = schema.Version

// The releases whose tables this package carries.
const (
	V74 = schema.V74
	V84 = schema.V84
	V92 = schema.V92
)

// Versions lists the releases, oldest first.
func Versions() []Version { return schema.Versions() }

// Value is one decoded request parameter.
type Value = schema.Value

// Params are the decoded parameters of a request, those of the path included.
type Params = schema.Params

// PropString is a parsed property string.
type PropString = schema.PropString

// Privileges lists the privileges of a release.
func Privileges(v Version) []string { return schema.Privileges(v) }

// The tables write their rows with these short names.
type (
	param  = schema.Param
	params = schema.Rows
)

func str(name string) param        { return schema.Str(name) }
func whole(name string) param      { return schema.Whole(name) }
func num(name string) param        { return schema.Num(name) }
func flag(name string) param       { return schema.Flag(name) }
func list(name string) param       { return schema.List(name) }
func join(groups ...params) params { return schema.Join(groups...) }
