package dns

// Decision is what a plan makes of the ledger. Its rows are as they have to be stored; nothing has been written or called.
type Decision struct {
	Add     []Entry // new rows, pending_create
	Revive  []Entry // rows of the service that were on their way out and are wanted again: now pending_create
	Verify  []Entry // rows of the service that stay; a full resync makes sure that their values are there
	Retire  []Entry // rows that become pending_delete; of PTR records also other services' rows
	Drop    []Entry // rows that go at once, without a call: nothing at the provider has to go with them
	Claim   []Entry // rows, also other services', that take over from a dropped one that the value is ours
	Held    []Entry // rows that stay as they are because of a problem of the wish
	Orphans []Entry // rows whose zone entry is gone, or leads elsewhere now: reported, never called
	// NoZone are records that no configured zone holds, which is neither an error nor a success.
	NoZone []Record
}

// Plan compares what one service should have with the ledger. It is pure and looks at states, not events: planning again what
// was carried out changes nothing. The ledger holds all rows of the service, and of others at least those of the record sets
// that the service has or wants.
func Plan(w Wish, ledger []Entry, zones []Zone) Decision {
	p := newPlanner(w, zones)
	p.survey(ledger)
	for _, e := range ledger {
		if e.ServiceID == w.ServiceID {
			p.own(e)
		} else {
			p.other(e)
		}
	}
	p.missing()
	p.claim()
	return p.Decision
}

type planner struct {
	Decision
	wish  Wish
	atlas atlas
	order []spot         // what is wanted
	want  map[spot]bool  // the same
	taken map[place]bool // PTR sets that belong to the service now

	authored map[spot]bool
	sharers  map[spot][]Entry // other services' rows that keep a value
	kept     map[spot]Entry   // the service's own rows for what is wanted
	left     map[spot]bool    // values that we wrote and whose row was dropped
}

func newPlanner(w Wish, zones []Zone) *planner {
	p := &planner{
		wish: w, atlas: newAtlas(zones), want: map[spot]bool{}, taken: map[place]bool{},
		authored: map[spot]bool{}, sharers: map[spot][]Entry{}, kept: map[spot]Entry{}, left: map[spot]bool{},
	}
	for _, r := range w.Records {
		homes := p.atlas.homes(r.Name, r.Type)
		if len(homes) == 0 {
			p.NoZone = append(p.NoZone, r)
		}
		for _, z := range homes {
			p.wanted(spot{z.ID, r})
		}
	}
	return p
}

func (p *planner) wanted(s spot) {
	if p.want[s] {
		return
	}
	p.want[s] = true
	p.order = append(p.order, s)
	if s.Type == PTR {
		p.taken[s.place()] = true
	}
}

// survey learns what the ledger says about values, whoever has the rows.
func (p *planner) survey(ledger []Entry) {
	for _, e := range ledger {
		s, ok := p.spot(e)
		if !ok {
			continue
		}
		p.authored[s] = p.authored[s] || e.authored()
		if e.ServiceID != p.wish.ServiceID && e.wanted() && !p.taken[s.place()] {
			p.sharers[s] = append(p.sharers[s], e)
		}
	}
}

func (p *planner) spot(e Entry) (spot, bool) {
	z, ok := p.atlas.home(e)
	return spot{z.ID, e.Record}, ok
}

// own decides about a row of the service.
func (p *planner) own(e Entry) {
	s, reachable := p.spot(e)
	_, twice := p.kept[s]
	switch {
	case !reachable:
		p.Orphans = append(p.Orphans, e)
	case p.want[s] && !twice:
		p.keep(s, e)
	case e.wanted() && p.wish.unclear(e.Record):
		p.Held = append(p.Held, e)
	case twice || len(p.sharers[s]) > 0:
		p.drop(s, e)
	default:
		p.retire(s, e)
	}
}

// keep makes e the row of a wanted value.
func (p *planner) keep(s spot, e Entry) {
	if e.wanted() {
		p.Verify = append(p.Verify, e)
	} else {
		e.State, e.Tried = PendingCreate, e.Ours
		p.Revive = append(p.Revive, e)
	}
	p.kept[s] = e
}

// other decides about another service's row: the PTR of an address goes with the address.
func (p *planner) other(e Entry) {
	s, reachable := p.spot(e)
	if !reachable || !e.wanted() || !p.taken[s.place()] {
		return
	}
	if p.want[s] {
		p.drop(s, e)
	} else {
		p.retire(s, e)
	}
}

// retire lets a value go that nobody wants. What was there before us stays, what was never written is not there.
func (p *planner) retire(s spot, e Entry) {
	switch {
	case !e.Ours || (e.State == PendingCreate && !e.Tried):
		p.drop(s, e)
	case e.wanted():
		e.State = PendingDelete
		p.Retire = append(p.Retire, e)
	}
}

func (p *planner) drop(s spot, e Entry) {
	p.Drop = append(p.Drop, e)
	p.left[s] = p.left[s] || e.authored()
}

// missing adds rows for what is wanted and has none. A value that another row of ours may have written is ours, although the
// provider will say that it is there.
func (p *planner) missing() {
	for _, s := range p.order {
		if _, ok := p.kept[s]; !ok {
			p.Add = append(p.Add, Entry{
				ServiceID: p.wish.ServiceID, ZoneID: s.zone, Record: s.Record,
				Ours: true, State: PendingCreate, Tried: p.authored[s],
			})
		}
	}
}

// claim hands authorship on: without it the value of a dropped row would count as foreign once its last owner goes.
func (p *planner) claim() {
	for _, d := range p.Drop {
		s, _ := p.spot(d)
		if !p.left[s] {
			continue
		}
		p.left[s] = false
		heirs := p.sharers[s]
		if own, ok := p.kept[s]; ok {
			heirs = append([]Entry{own}, heirs...)
		}
		for _, heir := range heirs {
			if !heir.authored() {
				heir.Ours, heir.Tried = true, true
				p.Claim = append(p.Claim, heir)
			}
		}
	}
}

// After is the ledger once the decision is stored; new rows come last.
func (d Decision) After(ledger []Entry) []Entry {
	became, gone := map[identity]Entry{}, map[identity]bool{}
	for _, changed := range [][]Entry{d.Revive, d.Retire, d.Claim} {
		for _, e := range changed {
			became[e.identity()] = e
		}
	}
	for _, e := range d.Drop {
		gone[e.identity()] = true
	}
	var after []Entry
	for _, e := range ledger {
		if now, ok := became[e.identity()]; ok {
			e = now
		}
		if !gone[e.identity()] {
			after = append(after, e)
		}
	}
	return append(after, d.Add...)
}

// identity tells rows apart, also those that are not stored yet.
type identity struct {
	id, service int64
	spot
}

func (e Entry) identity() identity { return identity{e.ID, e.ServiceID, spot{e.ZoneID, e.Record}} }
