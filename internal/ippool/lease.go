package ippool

import "net/netip"

// Lease is one address held by one service, with the network it was taken from, so that later edits of a
// pool do not change guests that already run.
type Lease struct {
	Address netip.Addr
	Network
	PoolID int64 // 0 = legacy list of the server entry
}

// Network says where an address lives.
type Network struct {
	Bridge  string
	VLAN    int // 0 = untagged
	Bits    int // prefix length
	Gateway netip.Addr
	DNS     []netip.Addr
}

// Pool is one row of puq_proxmox_kvm_ip_pools, or one line of the legacy list (First == Last, ID 0).
type Pool struct {
	ID       int64
	ServerID int64
	First    netip.Addr
	Last     netip.Addr
	Network
}

// Want is how many addresses a service should hold and where they may come from.
type Want struct {
	ServiceID int64
	ServerID  int64
	IPv4      int
	IPv6      int
	// Auto takes any pool of the server; otherwise only pools on Bridge and VLAN count.
	Auto   bool
	Bridge string
	VLAN   int
}

// Split divides leases, oldest first, into the four IPv4 and six IPv6 ones that a service keeps and the addresses that
// are too many.
func Split(leases []Lease, four, six int) (keep []Lease, surplus []netip.Addr) {
	room := map[bool]int{true: four, false: six}
	for _, l := range leases {
		if family := l.Address.Is4(); room[family] > 0 {
			room[family]--
			keep = append(keep, l)
			continue
		}
		surplus = append(surplus, l.Address)
	}
	return keep, surplus
}

// Enough tells whether leases hold at least four IPv4 and six IPv6 addresses.
func Enough(leases []Lease, four, six int) bool {
	keep, _ := Split(leases, four, six)
	return len(keep) == max(four, 0)+max(six, 0)
}
