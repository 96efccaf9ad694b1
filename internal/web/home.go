package web

import (
	"fmt"
	"time"
)

// Card is a figure of the first page and where it leads. Figure "" = only the caption.
type Card struct {
	Page    string // where its button leads
	Title   string // keys of the catalogue
	Caption string
	Button  string
	Figure  string
}

// Count is how many VMs stand at a status.
type Count struct {
	Status string
	VMs    int
}

// Moving are the VMs that are on their way.
type Moving struct {
	Site
	VMs   []Progress
	More  int // that are not listed
	Again int // seconds until it is looked at once more, 0 = not by itself
}

// Progress is how far a VM has come.
type Progress struct {
	ServiceID int64
	Name      string
	Action    string
	Status    string
	Label     string // of the step under way
	Step, Of  int    // steps done, of all
	LastError string
}

// Home is the addon's first page.
type Home struct {
	Site
	Alarm     string // why somebody should look at once; "" = nothing
	Paused    bool   // all work on machines
	Cards     []Card
	Counts    []Count
	Attention []VM
	MoreLate  int // services without a new backup that are not among them
	Moving    Moving
	Fills     []Fill
	Chart     Chart
	Waiting   int // messages that WHMCS has not taken yet
	DNS       DNSTrouble
}

// Fill is how full a pool is.
type Fill struct {
	Name    string // server, bridge and range
	Text    string // 6.9% (2/29)
	Percent float64
}

// DNSTrouble is what is not right in DNS.
type DNSTrouble struct {
	Pending int    // records that are not as they should be yet
	Failed  int    // of them: the last try failed
	Error   string // the newest
}

// Home renders the addon's first page.
func (p *Pages) Home(h Home) (string, error) { return p.render("home.html", h) }

// Moving renders the VMs in progress, which the page fetches anew by itself.
func (p *Pages) Moving(m Moving) (string, error) { return p.render("moving", m) }

// Chart are the runs by hour and result, ready to be drawn.
type Chart struct {
	Bars   []Bar
	Width  int
	Height int
	Most   int // runs in the busiest hour
	Good   int
	Bad    int
	Busy   int
}

// Bar is one hour.
type Bar struct {
	X     int
	Text  string
	Parts []BarPart // from below
}

// BarPart is the runs of one kind.
type BarPart struct {
	Class     string
	Y, Height int
}

// Hour is how many runs of each kind began in an hour.
type Hour struct {
	Begins          time.Time
	Good, Bad, Busy int
}

const (
	barWidth    = 22 // pixels from bar to bar
	chartHeight = 96 // pixels of the busiest hour
)

// NewChart lays out the hours, oldest first.
func NewChart(hours []Hour) Chart {
	c := Chart{Width: barWidth * len(hours), Height: chartHeight}
	for _, h := range hours {
		c.Good, c.Bad, c.Busy = c.Good+h.Good, c.Bad+h.Bad, c.Busy+h.Busy
		c.Most = max(c.Most, h.Good+h.Bad+h.Busy)
	}
	for i, h := range hours {
		c.Bars = append(c.Bars, h.bar(i*barWidth, c.Most))
	}
	return c
}

func (h Hour) bar(x, most int) Bar {
	b := Bar{X: x, Text: fmt.Sprintf("%s UTC: %d success, %d error or waiting, %d running", h.Begins.UTC().Format("2006-01-02 15:04"), h.Good, h.Bad, h.Busy)}
	below := 0
	for _, part := range []struct {
		class string
		runs  int
	}{{"kb-chart-good", h.Good}, {"kb-chart-bad", h.Bad}, {"kb-chart-busy", h.Busy}} {
		if part.runs == 0 {
			continue
		}
		height := max(part.runs*chartHeight/most, 2) // one run among thousands can still be seen
		below += height
		b.Parts = append(b.Parts, BarPart{part.class, chartHeight - below, height})
	}
	return b
}
