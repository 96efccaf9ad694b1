package web

import (
	"net/url"
	"time"
)

// Pools is the list of address pools.
type Pools struct {
	Site
	Rows     []Pool
	Search   string
	Columns  []Column
	Pager    Pager
	All      int // pools, whatever is searched for
	Servers  int // Proxmox servers in WHMCS
	Imported *Imported
}

// Pool is a row of the list. Texts are as stored.
type Pool struct {
	ID               int64
	Server           string // "" when WHMCS has no such server
	ServerID         string
	Type             string // IPV4, IPV6 or what stands there
	Family           int    // 4 or 6, 0 = neither by the type nor by the range
	Bridge, VLAN     string
	Gateway, Mask    string
	Start, Stop      string
	Zone             string // the reverse zone or what is to be known of it, "" = nothing
	Usage            string
	Percent          float64
	Faults, Warnings []string
	Holders          int
}

// Imported is what an import has done.
type Imported struct{ Added, Same int }

// Pools renders the list of pools.
func (p *Pages) Pools(v Pools) (string, error) { return p.render("pools.html", v) }

// PoolForm adds or changes a pool. Texts are as typed.
type PoolForm struct {
	Site
	Action  string // address that the form is sent to
	Adding  bool
	Seen    string
	Servers []Choice
	Type    string // ipv4 or ipv6
	Fixed   bool   // the type stays
	Typed   map[string]Field
	Hint    PoolHint
}

// Field is a field of the pool's form, by the name of its column.
func (f PoolForm) Field(name string) Field {
	field := map[string]Field{
		"server_id":     {Label: "pool_server"},
		"type":          {Label: "pool_type"},
		"bridge":        {Label: "pool_bridge", Example: "vmbr0", Hint: "hint_bridge"},
		"vlan":          {Label: "pool_vlan", Example: "0", Hint: "hint_vlan"},
		"gateway":       {Label: "pool_gateway", Example: "192.168.1.1", Hint: "hint_gateway"},
		"mask":          {Label: "pool_mask", Example: "32", Hint: "hint_mask"},
		"dns1":          {Label: "pool_dns1", Example: "8.8.8.8", Hint: "hint_dns"},
		"dns2":          {Label: "pool_dns2", Example: "8.8.4.4", Hint: "hint_dns"},
		"address_start": {Label: "pool_start", Example: "192.168.1.10", Hint: "hint_address"},
		"address_stop":  {Label: "pool_stop", Example: "192.168.1.254", Hint: "hint_address"},
	}[name]
	field.Name, field.Value, field.Fault = name, f.Typed[name].Value, f.Typed[name].Fault
	return field
}

// Choice is an entry of a drop-down.
type Choice struct {
	Value, Text string
	Chosen      bool
}

// Field is what was typed and what is wrong with it.
type Field struct {
	Name, Label   string // Label and Hint are keys of texts
	Example, Hint string
	Value, Fault  string
}

// PoolForm renders the form of a pool.
func (p *Pages) PoolForm(v PoolForm) (string, error) { return p.render("pool_form.html", v) }

// PoolHint is what can be told about a pool while it is typed.
type PoolHint struct {
	Zone     string
	Size     string // how many addresses, "" = not known yet
	Warnings []string
}

// PoolHint renders what stands below the form while somebody types.
func (p *Pages) PoolHint(v PoolHint) (string, error) { return p.render("pool_hint", v) }

// PoolEnd asks whether a pool is to be deleted.
type PoolEnd struct {
	Site
	Action string
	Pool   Pool
}

// PoolEnd renders the question.
func (p *Pages) PoolEnd(v PoolEnd) (string, error) { return p.render("pool_delete.html", v) }

// PoolAddresses is who has the addresses of a pool.
type PoolAddresses struct {
	Site
	Pool   Pool
	Rows   []PoolAddress
	Search string
	Kinds  []Choice
	Pager  Pager
	All    int
}

// PoolAddress is a taken address.
type PoolAddress struct {
	Address   string
	Kind      string // key of its text: kind_<kind>
	ServiceID int64
	ClientID  int64
	Name      string
	Since     time.Time
	Note      string
	NotedBy   int64
	CanKeep   bool
}

// PoolAddresses renders the list of a pool's addresses.
func (p *Pages) PoolAddresses(v PoolAddresses) (string, error) {
	return p.render("pool_addresses.html", v)
}

// KeepForm keeps an address back.
type KeepForm struct {
	Site
	Action        string
	Pool          Pool
	Address, Note Field
}

// Fields are those of the form, in order.
func (f KeepForm) Fields() []Field {
	f.Address.Name, f.Address.Label, f.Address.Example, f.Address.Hint = "address", "address", f.Pool.Start, "keep_address_hint"
	f.Note.Name, f.Note.Label, f.Note.Hint = "note", "note", "keep_note_hint"
	return []Field{f.Address, f.Note}
}

// KeepForm renders the form that keeps an address back.
func (p *Pages) KeepForm(v KeepForm) (string, error) { return p.render("pool_keep.html", v) }

// ReleaseForm asks whether an address is to be handed out again.
type ReleaseForm struct {
	Site
	PoolID                int64
	Action, Address, Note string
}

// ReleaseForm renders the question.
func (p *Pages) ReleaseForm(v ReleaseForm) (string, error) { return p.render("pool_release.html", v) }

// ImportForm takes pools as CSV.
type ImportForm struct {
	Site
	Action  string
	Text    string
	Columns string
	Faults  []string
	More    int // faults that are not shown
}

// ImportForm renders the form that takes pools as CSV.
func (p *Pages) ImportForm(v ImportForm) (string, error) { return p.render("pool_import.html", v) }

// Carried is the query of an address, for a form that is sent by GET: a browser puts its fields in place of the query.
func (s Site) Carried(address string) url.Values {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return u.Query()
}
