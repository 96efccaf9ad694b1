package web

// Copies is everything about the backups and snapshots of one machine. Its moments are texts in the time zone of WHMCS.
type Copies struct {
	Site
	ServiceID int64
	VMID      int // 0 = there is none yet
	Name      string
	Status    string
	Suspended bool
	Zone      string // name of the time zone
	Fault     string // why what was sent was not done
	Doings    CopyDoings
	Shelves   []CopyShelf
}

// CopyDoings are what is under way with copies and what was done last; that piece is fetched anew while something goes on.
type CopyDoings struct {
	Site
	ServiceID int64
	Again     int // seconds until it is looked at once more, 0 = not by itself
	Under     []CopyDeed
	Over      []CopyDeed
	LastGood  string // when the newest good backup was made, "" = never
}

// CopyDeed is one thing done to or with a copy.
type CopyDeed struct {
	Kind  string // internal/keeping's words
	Phase string
	About string // description, name, or the date of the plan
	Since string // beginning of the phase
	Ended string
	Error string
	Good  bool // it ended well
}

// CopyShelf are the copies of one kind with the form for one more and the weekly plan.
type CopyShelf struct {
	List CopyList
	Plan *CopyPlan // nil = there can be none
}

// CopyList is what the cluster holds of one kind; it is fetched anew while something is done to it.
type CopyList struct {
	Site
	ServiceID int64
	Kind      string // backup or snapshot
	Again     int
	Known     bool   // the cluster has answered
	Why       string // it has not
	Max       int    // quota, 0 = none are granted
	Rows      []Copy
	Refused   string // why there can be no further one
	Note      string // what was typed for one
}

// Copy is a backup or a snapshot.
type Copy struct {
	ID      string // volume or name
	Date    string
	Text    string
	Size    string
	Left    string // of a snapshot's life; "" = it does not end by age
	Rotates bool   // it goes when the plan needs its place
	Marks   []CopyMark
	Useless bool // nothing can be brought back from it
	Guarded bool // it cannot be removed
}

// CopyMark is a badge, by the key of its text.
type CopyMark struct{ Key, Tone string }

// CopyPlan is a weekly plan as a form.
type CopyPlan struct {
	Site
	ServiceID int64
	Kind      string
	Days      []CopyDay
	Next      string // slot
	Now       bool   // a slot has come and is not served yet
	Zone      string
	Fault     string
	Idle      string // why nothing comes of it
}

// CopyDay is one weekday of it.
type CopyDay struct {
	N     int // 0 = Sunday
	Name  string
	On    bool
	Time  string // HH:MM
	Fault string
}

// CopyOrder is the question before something is done to a copy.
type CopyOrder struct {
	Site
	ServiceID int64
	VMID      int
	Kind      string
	Copy      Copy
	Fault     string
}

// Brings tells an order that puts the copy in the place of the machine.
func (o CopyOrder) Brings() bool { return o.Kind == "restore" || o.Kind == "rollback" }

// copyDo is a button of a copy, which leads to a question.
type copyDo struct {
	Do, URL string
	Copy    Copy
}

func copyDoOf(l CopyList, do string, c Copy) copyDo {
	return copyDo{do, l.To("machines", "part", do, "id", l.ServiceID, "subject", c.ID), c}
}

// Tone is the class of the button.
func (d copyDo) Tone() string {
	if (CopyOrder{Kind: d.Do}).Brings() {
		return "kb-orange"
	}
	return "kb-danger"
}

// Copies renders the page.
func (p *Pages) Copies(c Copies) (string, error) { return p.render("copies.html", c) }

// CopyDoings renders the piece of it that changes by itself.
func (p *Pages) CopyDoings(d CopyDoings) (string, error) { return p.render("copy-doings", d) }

// CopyList renders one list of it.
func (p *Pages) CopyList(l CopyList) (string, error) { return p.render("copy-list", l) }

// CopyOrder renders the question.
func (p *Pages) CopyOrder(o CopyOrder) (string, error) { return p.render("copy-order", o) }

// CopiesField is what the service page says of a machine's backups.
type CopiesField struct {
	LastGood string
	Next     string
	Now      bool
	Zone     string
	Under    []CopyDeed
}

// CopiesField renders it.
func (p *Pages) CopiesField(f CopiesField) (string, error) { return p.render("vm_copies.html", f) }
