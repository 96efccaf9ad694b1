package web

import "time"

// Zones is the list of DNS zones.
type Zones struct {
	Site
	Search  string
	Columns []Column
	Rows    []Zone
	Pager   Pager
	All     int // zones that there are
	Lost    int // records of ours in zones whose entry was removed
}

// Zone is one of the list.
type Zone struct {
	ID                    int64
	Name, Type, Server    string // Type = id of the provider
	Kind                  string // key of a text: what the zone holds
	TTL                   int
	Live, Pending, Failed int
	Fault                 string
}

// Tone is the badge class of a provider (product-spec §8.8).
func (z Zone) Tone() string {
	switch z.Type {
	case "hestiacp":
		return "kb-green"
	case "powerdns":
		return "kb-sky"
	case "cloudflare":
		return "kb-orange"
	}
	return "kb-idle"
}

// Zones renders the list of DNS zones.
func (p *Pages) Zones(z Zones) (string, error) { return p.render("zones.html", z) }

// ZoneForm is a zone to be added or changed, as it was typed.
type ZoneForm struct {
	Site
	ID       int64  // 0 = a new one
	Revision string // of the zone as it was when the form was made
	Fault    string // why nothing was saved, beside the faults of fields
	Changed  bool   // somebody else saved it meanwhile
	Behind   bool   // it has to be said that records may stay behind
	Name     Input
	TTL      Input
	Type     Input
	TakeOver bool
	Types    []ZoneType
}

// Input is one field of a form.
type Input struct {
	Name, Label, Value, Placeholder, Hint string
	Secret, Required                      bool
	Wrong                                 string // a sentence
	Again                                 bool   // of a secret: what was typed is not kept, it has to be entered once more
}

// ZoneType is a provider with its own fields.
type ZoneType struct {
	ID, Label string
	Fields    []Input
}

// ZoneForm renders it.
func (p *Pages) ZoneForm(f ZoneForm) (string, error) { return p.render("zone_form.html", f) }

// ZoneEnd asks whether a zone is to be forgotten.
type ZoneEnd struct {
	Site
	Zone     Zone
	Revision string
	Behind   int // records of ours that would stay at the provider
	Fault    string
}

// ZoneEnd renders it.
func (p *Pages) ZoneEnd(e ZoneEnd) (string, error) { return p.render("zone_delete.html", e) }

// ZoneTest is what the test of a zone found.
type ZoneTest struct {
	Site
	Zone     Zone
	Good     bool // nothing failed
	Late     bool // it was ended because no answer came in time
	Findings []Finding
}

// Finding is one line of a test.
type Finding struct{ Step, Level, Text string }

// Tone is the badge class of a finding.
func (f Finding) Tone() string {
	switch f.Level {
	case "ok":
		return "kb-good"
	case "failed":
		return "kb-bad"
	}
	return "kb-busy"
}

// ZoneTest renders it.
func (p *Pages) ZoneTest(t ZoneTest) (string, error) { return p.render("zone_test.html", t) }

// ZoneRecords are the records of a zone that are not as they should be yet.
type ZoneRecords struct {
	Site
	Zone    Zone
	Notice  string // key of a text: what was just done
	Search  string
	Failed  bool // only failed ones are shown
	Rows    []ZoneRecord
	Pager   Pager
	Refresh int    // seconds until the list is looked at again; 0 = it stays
	Here    string // address of the list as it is shown
}

// ZoneRecord is one of them.
type ZoneRecord struct {
	ID, ServiceID     int64
	Name, Type, Value string
	Wanted            string // key of a text
	Attempts          int
	Error             string
	Next              time.Time // zero = not by itself
	Now               bool      // the next try is due
}

// ZoneRecords renders them.
func (p *Pages) ZoneRecords(r ZoneRecords) (string, error) { return p.render("zone_records.html", r) }
