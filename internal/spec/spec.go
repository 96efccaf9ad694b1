package spec

// Facts is everything WHMCS knows about one service, as plain values read by internal/whmcs:
// no entities left in the text, empty string for NULL.
type Facts struct {
	ServiceID  int64
	ClientID   int64
	ProductID  int64
	ServerID   int64  // 0 = no server assigned
	ServerHost string // its hostname in WHMCS
	ServerGone bool   // tblservers has no such row any more
	Status     string // tblhosting.domainstatus: Pending, Active, Suspended, Terminated, Cancelled, Fraud, Completed
	Domain     string
	Username   string
	// Settings is the product's JSON (configoption1); "" while the product was never saved.
	Settings string
	// LegacyTemplate is configoption4 of a product taken over from the reference product.
	LegacyTemplate string
	// Options holds the configurable options of the service, name -> value, both cut at "|" as WHMCS does.
	Options map[string]string
	// CustomFields holds the service's custom fields, name (cut at "|") -> value.
	CustomFields map[string]string
}

// Spec is what a service's guest should be. Sizes are GiB unless named otherwise; 0 means "leave as it is"
// for disk sizes and "unlimited" for limits.
type Spec struct {
	Node        string // "" = choose by free memory
	Template    int    // VMID of the template
	FullClone   bool
	Cores       int
	MemoryMiB   int
	NameRule    string
	FirstVMID   int
	OSUsername  string // "" = random
	MainDomain  string // no leading dot
	System      Disk
	Additional  Disk
	Network     Network
	Traffic     Traffic
	Firewall    Firewall
	Backups     int
	Snapshots   int
	MailReady   string // template name; "" = none
	SSHKeys     string // OpenSSH lines of the owner; "" = none
	Permissions Permissions

	// SnapshotSchedule rotates snapshots by a weekly plan; SnapshotLifetimeDays is then ignored.
	SnapshotSchedule     bool
	SnapshotLifetimeDays int // 0 = snapshots are never removed by age
	Integrations         Integrations
}

// Integrations is the product's connection to storages, console, reverse DNS and mails.
type Integrations struct {
	BackupStorage    string // the storage's name without its type; "" = no backups
	ISOStorage       string // likewise; "" = none
	NoVNCDomain      string // host, perhaps with a port
	NoVNCKey         string
	RevDNSTicket     bool // a change of a reverse name opens a ticket
	RevDNSDepartment int  // 0 = the first department
	MailReset        string
	MailRestored     string
}

// Disk is one disk's wishes.
type Disk struct {
	Storage string // "" = where it is (system), same as the system disk (additional)
	SizeGiB int
	Limits  Limits
	// Explicit: the size comes from a configurable option, so that 0 is a wish and no mere default. Only an explicit 0 may
	// remove an additional disk that exists (product-spec A-12).
	Explicit bool
}

// Limits throttle one disk; 0 = unlimited.
type Limits struct {
	ReadMBps, WriteMBps int // MiB per second
	ReadIOPS, WriteIOPS int
}

// Network is the NIC and how it gets its addresses.
type Network struct {
	Model      string // "" = as in the template
	RateMBps   int    // MB per second, 0 = unlimited
	Bridge     string
	VLAN       int // 0 = untagged
	IPv4, IPv6 int // addresses wanted; already 0 for a family that uses DHCP
	Auto       bool
	DHCP4      bool
	DHCP6      bool
}

// Traffic is what a service may use in a billing period, and what happens when it has.
type Traffic struct {
	LimitGiB     int    // 0 = as much as it likes
	Counted      string // both, in, out or larger
	ThrottleMBps int    // rate of the NIC from then on, in MB per second; 0 = its own
}

// Firewall is the product's firewall page; it applies only while neither family uses DHCP (see Applies).
type Firewall struct {
	PolicyIn, PolicyOut string
	LogIn, LogOut       string
	Enable              bool
	DHCP, NDP, RouterAdv, MACFilter, IPFilter,
	AntiSpoofing bool
}

// Permissions are the client-area switches of the product.
type Permissions struct {
	Start, Stop, NoVNC, Charts, Reinstall, ResetPassword, RevDNS, ISO, Firewall bool
}

// FirewallApplies reports whether firewall rules and the IP set are managed at all.
func (s Spec) FirewallApplies() bool { return !s.Network.DHCP4 && !s.Network.DHCP6 }
