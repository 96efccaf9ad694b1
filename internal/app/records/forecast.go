package records

import (
	"cmp"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// forecast is an outlook as "kvmbridge dns plan --json" prints it.
type forecast struct {
	Zones    []zoneForecast `json:"zones"`
	NoZone   []line         `json:"no_zone"`  // wanted, but no zone holds them
	Orphans  []line         `json:"orphans"`  // in zones whose entry was removed or leads elsewhere: never touched
	Problems []problem      `json:"problems"` // what no record can be made of
	Ending   []int64        `json:"ending"`   // services whose termination has their records
	Guard    string         `json:"guard"`    // what a sync would stop with; "" = nothing
}

type zoneForecast struct {
	ID       int64  `json:"id"`
	Zone     string `json:"zone"`
	Kind     string `json:"kind"`
	Provider string `json:"provider"`
	Server   string `json:"server"`
	Fault    string `json:"fault,omitempty"` // why nothing can be written
	Write    []line `json:"write"`
	Remove   []line `json:"remove"`
	Forget   []line `json:"forget"` // rows that go, while nothing at the provider does
	Stay     int    `json:"stay"`   // records that are right by the ledger
}

type line struct {
	ServiceID int64  `json:"service_id"`
	ZoneID    int64  `json:"zone_id,omitempty"` // of an orphan
	Type      string `json:"type"`
	Name      string `json:"name"`
	Value     string `json:"value"`
	Ordered   bool   `json:"ordered,omitempty"` // already, and not done yet
	LastError string `json:"last_error,omitempty"`
}

type problem struct {
	ServiceID int64  `json:"service_id"`
	Text      string `json:"text"`
}

// forecast puts an outlook into zones, in one order whatever the order of the tables.
func (o *outlook) forecast() forecast {
	v := forecast{Zones: []zoneForecast{}, NoZone: []line{}, Orphans: []line{}, Problems: []problem{}, Ending: []int64{}}
	s := newSorter(o)
	for _, e := range o.after {
		s.sort(e)
	}
	s.dropped()
	for _, z := range o.zones {
		if s.home[z.ID].ID == z.ID {
			v.Zones = append(v.Zones, *s.zone(z.ID))
		}
	}
	v.Orphans = append(v.Orphans, s.orphans...)
	for i, id := range o.ids {
		if o.services[i].ending() {
			v.Ending = append(v.Ending, id)
		}
		for _, r := range o.runs[i].NoZone {
			v.NoZone = append(v.NoZone, line{ServiceID: id, Type: string(r.Type), Name: r.Name, Value: r.Content})
		}
		for _, text := range o.wishes[i].Problems {
			v.Problems = append(v.Problems, problem{id, text})
		}
	}
	if err := o.guard(); err != nil {
		v.Guard = err.Error()
	}
	v.order()
	return v
}

// sorter sorts rows by what becomes of them.
type sorter struct {
	*outlook
	home    map[int64]zones.Zone // by entry; entries that lead to one zone share the lowest
	made    map[int64]*zoneForecast
	was     map[int64]line // rows before, for what is known of them
	touched map[int64]bool // rows of other services that the orders change
	vanish  map[place]bool // values that a provider is asked to remove
	orphans []line
}

type place struct {
	zone int64
	dns.Record
}

func newSorter(o *outlook) *sorter {
	s := &sorter{
		outlook: o, home: map[int64]zones.Zone{}, made: map[int64]*zoneForecast{}, was: map[int64]line{}, touched: map[int64]bool{}, vanish: map[place]bool{},
	}
	targets := map[string]zones.Zone{}
	for _, z := range o.zones {
		if _, twice := targets[z.Target()]; !twice {
			targets[z.Target()] = z
		}
		s.home[z.ID] = targets[z.Target()]
	}
	for _, r := range o.before {
		s.was[r.ID] = line{Ordered: r.State != dns.Live, LastError: r.LastError}
	}
	for _, d := range o.runs {
		for _, e := range slices.Concat(d.Revive, d.Retire, d.Claim) {
			s.touched[e.ID] = true
		}
		for _, e := range slices.Concat(d.Revive, d.Retire) {
			s.was[e.ID] = line{}
		}
	}
	for _, b := range dns.Sets(o.after, o.plans(), dns.Settings{}) {
		for _, c := range b.Changes {
			for _, value := range c.Remove {
				s.vanish[place{b.ZoneID, dns.Record{Name: c.Name, Type: c.Type, Content: value}}] = true
			}
		}
	}
	return s
}

func (s *sorter) zone(id int64) *zoneForecast {
	z := s.home[id]
	if s.made[z.ID] == nil {
		s.made[z.ID] = &zoneForecast{
			ID: z.ID, Zone: z.Name, Kind: string(dns.KindOf(z.Name)), Provider: z.Provider, Server: z.Server(), Fault: z.Fault,
			Write: []line{}, Remove: []line{}, Forget: []line{},
		}
	}
	return s.made[z.ID]
}

func (s *sorter) line(e dns.Entry) line {
	l := s.was[e.ID]
	l.ServiceID, l.Type, l.Name, l.Value = e.ServiceID, string(e.Type), e.Name, e.Content
	return l
}

// meant tells a row that the question is about.
func (s *sorter) meant(e dns.Entry) bool {
	return s.all || s.touched[e.ID] || slices.Contains(s.ids, e.ServiceID)
}

func (s *sorter) sort(e dns.Entry) {
	home, ok := s.home[e.ZoneID]
	switch {
	case !s.meant(e):
	case !ok || !home.Plan().Holds(e.Name, e.Type):
		l := s.line(e)
		l.ZoneID = e.ZoneID
		s.orphans = append(s.orphans, l)
	case e.State == dns.Live:
		s.zone(home.ID).Stay++
	case e.State == dns.PendingCreate:
		s.zone(home.ID).Write = append(s.zone(home.ID).Write, s.line(e))
	case s.vanish[place{home.ID, e.Record}]:
		s.zone(home.ID).Remove = append(s.zone(home.ID).Remove, s.line(e))
	default:
		s.zone(home.ID).Forget = append(s.zone(home.ID).Forget, s.line(e))
	}
}

// dropped adds the rows that go at once; those of removed zones are never among them.
func (s *sorter) dropped() {
	for _, d := range s.runs {
		for _, e := range d.Drop {
			z := s.zone(e.ZoneID)
			z.Forget = append(z.Forget, s.line(e))
		}
	}
}

func (v *forecast) order() {
	lists := []*[]line{&v.NoZone, &v.Orphans}
	for i := range v.Zones {
		lists = append(lists, &v.Zones[i].Write, &v.Zones[i].Remove, &v.Zones[i].Forget)
	}
	for _, l := range lists {
		slices.SortFunc(*l, func(a, b line) int {
			return cmp.Or(cmp.Compare(a.ZoneID, b.ZoneID), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value), cmp.Compare(a.ServiceID, b.ServiceID))
		})
	}
}
