package roster

import (
	"net/netip"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Machine is one line of the list.
type Machine struct {
	ServiceID     int64
	Gone          bool // WHMCS has no such service any more
	ServiceStatus string
	Client        Client
	Product       string
	Server        string
	Recorded      bool // it has a record; the fields below are of that
	VMID          int  // 0 = none
	Name          string
	Status        pipeline.State
	Addresses     []Address
	Attention     string // why a person should look; "" = no need
}

// Client is who owns a service.
type Client struct {
	ID      int64 // 0 = unknown
	Name    string
	Company string
}

// Address is one address of a machine.
type Address struct {
	netip.Addr
	Reverse string // "" = none
}
